/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.List;

/**
 * Shows what accumulation adds to its passes. The time of a window is divided by three others: the time of its bare
 * forward and backward passes; that of these passes and one native step, which any training needs; and that of the
 * passes, the step and the additions in BLAS, which any accumulation needs.
 */
public final class Overhead {

    private Overhead() {}

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
                        "bare passes, ms",
                        "window / passes",
                        "window / (passes and step)",
                        "first quartile",
                        "third quartile",
                        "window / (passes, sum and step)"));
        for (Workload workload : settings.networks(Workload.MLP, Workload.LENET)) {
            settings.forEachSize(
                    List.of(32), (micro, effective) -> table.row(row(workload, micro, effective, settings)));
        }
    }

    private static List<String> row(Workload workload, int micro, int effective, Settings settings) {
        Task passes = new Task(workload, Way.BARE_PASSES, micro, effective);
        Task withStep = new Task(workload, Way.BARE_PASSES_AND_STEP, micro, effective);
        Task window = new Task(workload, Way.TRAINER_1, micro, effective);
        Task withSum = new Task(workload, Way.BARE_PASSES_SUM_AND_STEP, micro, effective);
        Rounds<Task> rounds =
                Rounds.measure(List.of(passes, withStep, withSum, window), settings.rounds(), settings.warmUpSeconds());
        double[] quartiles = rounds.quartiles(window, withStep);
        return List.of(
                workload.title(),
                String.valueOf(effective),
                String.valueOf(micro),
                decimals(1, rounds.milliseconds(passes)),
                decimals(3, rounds.ratio(window, passes)),
                decimals(3, rounds.ratio(window, withStep)),
                decimals(3, quartiles[0]),
                decimals(3, quartiles[1]),
                decimals(3, rounds.ratio(window, withSum)));
    }
}
