/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Shows how the time of a step grows with k, its number of micro-batches, while their size stays the same. */
public final class Growth {

    private static final int MICRO_BATCH = 32;

    private Growth() {}

    /**
     * Prints the table.
     *
     * @param args {@code full} for all k; {@code networks=}, {@code ways=}, {@code micro=} (one size), {@code ks=},
     *     {@code rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) {
        out.println(Machine.description());
        int micro = settings.sizes("micro", List.of(MICRO_BATCH), List.of(MICRO_BATCH))
                .get(0);
        List<Integer> ks = settings.sizes("ks", List.of(1, 2, 4, 8, 16), List.of(1, 2, 4, 8, 16, 32));
        List<String> headings = new ArrayList<>(List.of("network", "way", "k = " + ks.get(0) + ", ms"));
        ks.subList(1, ks.size()).forEach(k -> headings.add("k = " + k));
        var table = new MarkdownTable(out, headings);
        for (Workload workload : settings.networks(Workload.MLP, Workload.LENET)) {
            for (Way way : settings.ways(Way.TRAINER_1, Way.TRAINER_2)) {
                List<Task> tasks = ks.stream()
                        .map(k -> new Task(workload, way, micro, k * micro))
                        .toList();
                table.row(row(Rounds.measure(tasks, settings.rounds(), settings.warmUpSeconds())));
            }
        }
    }

    /** The first time, then the others over the first. */
    private static List<String> row(Rounds<Task> rounds) {
        Task first = rounds.tasks().get(0);
        List<String> cells = new ArrayList<>(
                List.of(first.workload().title(), first.way().title(), decimals(1, rounds.milliseconds(first))));
        rounds.tasks().stream().skip(1).forEach(task -> cells.add(decimals(2, rounds.ratio(task, first))));
        return cells;
    }
}
