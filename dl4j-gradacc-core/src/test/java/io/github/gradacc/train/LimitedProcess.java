/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The process of {@link MemoryLimitsTest} whose memory is limited: it trains, and writes the parameters to a file. */
public final class LimitedProcess {

    static final int EXAMPLES = 512;
    private static final int STEPS = 3;

    private LimitedProcess() {}

    /**
     * Trains on one batch.
     *
     * @param args {@code native}, or the number of workers; the file; the number of doubles that the loss keeps on the
     *     Java heap for each example; how many megabytes of address space it may take beyond those of the started
     *     process, or 0 for no such limit
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        HeapLoss.doubles = Integer.parseInt(args[2]);
        MultiLayerNetwork network = network();
        DataSet batch = batch();
        int more = Integer.parseInt(args[3]);
        if (more > 0) {
            limitAddressSpace(more);
        }
        int failures = 0;
        if (args[0].equals("native")) {
            for (int i = 0; i < STEPS; i++) {
                network.fit(batch);
            }
        } else {
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .onOutOfMemory(OutOfMemoryPolicy.HALVE)
                    .parallelism(Integer.parseInt(args[0]))
                    .build()) {
                for (int i = 0; i < STEPS; i++) {
                    failures += trainer.fit(batch).outOfMemory();
                }
            }
        }
        try (var out = new DataOutputStream(Files.newOutputStream(Path.of(args[1])))) {
            out.writeInt(failures);
            for (double value : network.params().toDoubleVector()) {
                out.writeDouble(value);
            }
        }
        // ND4J's threads need not end by themselves.
        System.exit(0);
    }

    /** As a machine does that has no more: allocations fail. One pass loads whatever passes need. */
    private static void limitAddressSpace(int megabytesMore) throws IOException, InterruptedException {
        network().fit(batch().get(0));
        long kilobytes = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmSize:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
        Process limit = new ProcessBuilder(
                        "/usr/bin/prlimit",
                        "--pid=" + ProcessHandle.current().pid(),
                        "--as=" + (kilobytes + 1024L * megabytesMore) * 1024)
                .inheritIO()
                .start();
        if (limit.waitFor() != 0) {
            throw new IOException("The limit was not set");
        }
    }

    /** 24,576 activations for each example: 100 MB in DOUBLE for the batch, several times. */
    static MultiLayerNetwork network() {
        return Nets.init(Nets.of(
                InputType.feedForward(4),
                Nets.dense(24_576),
                new OutputLayer.Builder(new HeapLoss())
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build()));
    }

    static DataSet batch() {
        Data data = new Data(3, DataType.DOUBLE);
        return new DataSet(data.normal(EXAMPLES, 4), data.normal(EXAMPLES, 2));
    }

    /** Takes room on the Java heap for each example, as losses and layers written in Java do. */
    public static final class HeapLoss extends LossMSE {

        private static final long serialVersionUID = 1L;

        private static int doubles;

        @Override
        public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
            double[] room = new double[Math.toIntExact(labels.size(0) * doubles + 1)];
            room[new Random(1).nextInt(room.length)] = 1;
            return super.computeGradient(labels, preOutput, activation, mask);
        }
    }
}
