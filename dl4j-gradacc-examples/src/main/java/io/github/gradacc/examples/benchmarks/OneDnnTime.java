/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.List;

/**
 * Compares the time of a step with oneDNN and without: in one process, with a build of ND4J that has it (Maven profile
 * {@code onednn}).
 */
public final class OneDnnTime {

    private OneDnnTime() {}

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
                        "p(1), speed",
                        "p(2), speed",
                        "oneDNN p(1), speed",
                        "oneDNN p(2), speed"));
        for (Workload workload : settings.networks(Workload.LENET)) {
            settings.forEachSize(
                    List.of(32), (micro, effective) -> table.row(row(workload, micro, effective, settings)));
        }
    }

    private static List<String> row(Workload workload, int micro, int effective, Settings settings) {
        List<Task> tasks = List.of(Way.NATIVE_WHOLE, Way.TRAINER_1, Way.TRAINER_2, Way.ONEDNN_1, Way.ONEDNN_2).stream()
                .map(way -> new Task(workload, way, micro, effective))
                .toList();
        Rounds<Task> rounds = Rounds.measure(tasks, settings.rounds(), settings.warmUpSeconds());
        Task whole = tasks.get(0);
        return List.of(
                workload.title(),
                String.valueOf(effective),
                String.valueOf(micro),
                decimals(1, rounds.milliseconds(whole)),
                decimals(2, rounds.speed(tasks.get(1), whole)),
                decimals(2, rounds.speed(tasks.get(2), whole)),
                decimals(2, rounds.speed(tasks.get(3), whole)),
                decimals(2, rounds.speed(tasks.get(4), whole)));
    }
}
