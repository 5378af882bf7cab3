/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.List;

/**
 * Compares the time of a step: the trainer against native {@code fit} on the whole batch, and against native
 * {@code fit} on each micro-batch.
 */
public final class StepTime {

    private StepTime() {}

    /**
     * Prints the table.
     *
     * @param args {@code full} for all sizes; {@code networks=}, {@code micro=}, {@code effective=}, {@code rounds=},
     *     {@code warmup=} (seconds)
     */
    public static void main(String[] args) {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) {
        out.println(Machine.description());
        var table = new MarkdownTable(
                out,
                List.of(
                        "network",
                        "effective batch",
                        "micro-batch",
                        "native whole, ms",
                        "k native fits, speed",
                        "p(1), speed",
                        "p(2), speed",
                        "p(1) against k fits",
                        "p(2) against k fits"));
        for (Workload workload : settings.networks(Workload.MLP, Workload.LENET, Workload.LSTM)) {
            settings.forEachSize(
                    List.of(8, 32), (micro, effective) -> table.row(row(workload, micro, effective, settings)));
        }
    }

    private static List<String> row(Workload workload, int micro, int effective, Settings settings) {
        Task whole = new Task(workload, Way.NATIVE_WHOLE, micro, effective);
        Task parts = new Task(workload, Way.NATIVE_MICRO, micro, effective);
        Task one = new Task(workload, Way.TRAINER_1, micro, effective);
        Task two = new Task(workload, Way.TRAINER_2, micro, effective);
        Rounds<Task> rounds =
                Rounds.measure(List.of(whole, parts, one, two), settings.rounds(), settings.warmUpSeconds());
        return List.of(
                workload.title(),
                String.valueOf(effective),
                String.valueOf(micro),
                decimals(1, rounds.milliseconds(whole)),
                decimals(2, rounds.speed(parts, whole)),
                decimals(2, rounds.speed(one, whole)),
                decimals(2, rounds.speed(two, whole)),
                decimals(2, rounds.speed(one, parts)),
                decimals(2, rounds.speed(two, parts)));
    }
}
