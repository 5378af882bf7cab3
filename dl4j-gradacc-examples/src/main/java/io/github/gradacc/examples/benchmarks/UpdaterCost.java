/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.PrintStream;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Shows what a step costs with each updater, relative to DL4J's Adam. */
public final class UpdaterCost {

    private UpdaterCost() {}

    /**
     * Prints the table.
     *
     * @param args {@code updaters=}, {@code rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) {
        out.println(Machine.description());
        var table = new MarkdownTable(
                out, List.of("updater", "ms for 4 million parameters", "times " + UpdaterCostBenchmark.REFERENCE));
        double reference = milliseconds(UpdaterCostBenchmark.REFERENCE, settings);
        for (String updater : settings.names("updaters", List.copyOf(UpdaterCostBenchmark.UPDATERS.keySet()))) {
            double time = milliseconds(updater, settings);
            table.row(List.of(updater, decimals(2, time), decimals(2, time / reference)));
        }
    }

    private static double milliseconds(String updater, Settings settings) {
        var options = new OptionsBuilder()
                .include(UpdaterCostBenchmark.class.getName() + "\\.run$")
                .param("updater", updater)
                .forks(1)
                .threads(1)
                .warmupIterations(Math.max(1, settings.warmUpSeconds() / 10))
                .warmupTime(TimeValue.milliseconds(500))
                .measurementIterations(settings.rounds())
                .measurementTime(TimeValue.milliseconds(300))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            return new Runner(options).runSingle().getPrimaryResult().getScore();
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH could not measure " + updater + ": " + e.getMessage(), e);
        }
    }
}
