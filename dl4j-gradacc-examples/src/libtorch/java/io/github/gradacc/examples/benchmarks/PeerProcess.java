/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The process of a {@link Contestant}: prepares, says so in a line, and then, for each line that it reads, has a
 * turn of half a second or more and prints the milliseconds that the last window took. It ends when there is nothing
 * more to read.
 */
public final class PeerProcess {

    /** The way that is no {@link Way}: accumulation in libtorch. */
    static final String LIBTORCH = "LIBTORCH";

    /** Data are the same in all processes. */
    private static final long SEED = 54321;

    /** So few examples that rectifiers have few chances to differ. */
    private static final int FEW = 4;

    private static final long TURN_NANOSECONDS = TimeUnit.MILLISECONDS.toNanos(500);

    private static final double RATE = 1e-3;

    private PeerProcess() {}

    /**
     * Takes turns until its input ends.
     *
     * @param args the workload, the micro-batch, the effective batch, and the way
     */
    public static void main(String[] args) throws IOException {
        Workload workload = Workload.valueOf(args[0]);
        int micro = Integer.parseInt(args[1]);
        int effective = Integer.parseInt(args[2]);
        Way.Work work = args[3].equals(LIBTORCH)
                ? libtorch(workload, micro, effective)
                : Way.valueOf(args[3]).prepare(workload.network(), data(workload, effective), micro);
        System.out.println("ready");
        var turns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (turns.readLine() != null) {
            System.out.println(turn(work));
        }
        // ND4J's threads need not end by themselves.
        System.exit(0);
    }

    /**
     * Goes through the window until half a second is over, and returns the milliseconds of the last time: threads that
     * slept while others had their turns are awake then, as they are in training.
     */
    private static double turn(Way.Work work) {
        long first = System.nanoTime();
        long start;
        long end;
        do {
            start = System.nanoTime();
            work.run();
            end = System.nanoTime();
        } while (end - first < TURN_NANOSECONDS);
        return (end - start) / (double) TimeUnit.MILLISECONDS.toNanos(1);
    }

    private static DataSet data(Workload workload, int examples) {
        Nd4j.getRandom().setSeed(SEED);
        return workload.data(examples);
    }

    /** From DL4J's parameters, checked against DL4J; the DL4J beside it then rests. */
    static TorchAccumulation libtorch(Workload workload, int micro, int effective) {
        Subject subject = workload.network();
        TorchNetwork network = new TorchNetwork(workload, subject.parameters());
        checked(subject, network, List.of(data(workload, FEW)), Agreement.ROUNDING);
        return checked(subject, network, Way.views(data(workload, effective), micro), Agreement.ROUNDING_AT_KINKS);
    }

    private static TorchAccumulation checked(
            Subject subject, TorchNetwork network, List<DataSet> microBatches, double allowed) {
        TorchAccumulation accumulation = new TorchAccumulation(network, microBatches, RATE);
        Agreement.require(subject, network, accumulation, microBatches, allowed);
        return accumulation;
    }
}
