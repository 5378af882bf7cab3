/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.List;

/**
 * Compares the time of a step: the trainer with the setting that {@code MicroBatchTuner} finds, against native
 * {@code fit} on the whole batch. The ratio must not be above 1.03.
 */
public final class Tuned {

    private Tuned() {}

    /**
     * Prints the table; what the tuner reports goes to standard error.
     *
     * @param args {@code networks=}, {@code effective=}, {@code rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) {
        out.println(Machine.description());
        var table = new MarkdownTable(
                out, List.of("network", "effective batch", "native whole, ms", "tuned, ms", "tuned/native whole"));
        List<Integer> sizes = settings.sizes("effective", List.of(256), List.of(64, 256, 1024));
        for (Workload workload : settings.networks(Workload.MLP, Workload.LENET, Workload.LSTM)) {
            for (int effective : sizes) {
                Task whole = new Task(workload, Way.NATIVE_WHOLE, effective, effective);
                Task tuned = new Task(workload, Way.TUNED, effective, effective);
                Rounds<Task> rounds =
                        Rounds.measure(List.of(whole, tuned), settings.rounds(), settings.warmUpSeconds());
                table.row(List.of(
                        workload.title(),
                        String.valueOf(effective),
                        decimals(1, rounds.milliseconds(whole)),
                        decimals(1, rounds.milliseconds(tuned)),
                        decimals(3, rounds.ratio(tuned, whole))));
            }
        }
    }
}
