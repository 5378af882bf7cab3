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

/**
 * Shows how many examples the matrix products of a wide dense layer need before they run at the machine's full speed:
 * on all native threads together, as in native training, and on one native thread each, as with one worker per core.
 * No trainer can recover the speed that the machine itself loses on small micro-batches.
 */
public final class DenseProducts {

    private static final int PRODUCTS = 3;
    private static final int FLOATING_POINT_OPERATIONS_PER_ELEMENT = 2;

    private DenseProducts() {}

    /**
     * Prints the table.
     *
     * @param args {@code micro=} for the numbers of rows, {@code rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) {
        out.println(Machine.description());
        int cores = Runtime.getRuntime().availableProcessors();
        var table = new MarkdownTable(
                out,
                List.of(
                        "examples",
                        "one at a time, GFLOPS",
                        cores + " at a time on one native thread each, GFLOPS",
                        "side by side, speed"));
        List<Integer> sizes = List.of(8, 32, 128, 256);
        for (int rows : settings.sizes("micro", sizes, sizes)) {
            double together = gigaflops(rows, 1, 0, settings);
            double sideBySide = gigaflops(rows, cores, 1, settings);
            table.row(List.of(
                    String.valueOf(rows),
                    decimals(1, together),
                    decimals(1, sideBySide),
                    decimals(2, sideBySide / together)));
        }
    }

    private static double gigaflops(int rows, int threads, int nativeThreads, Settings settings) {
        var options = new OptionsBuilder()
                .include(DenseProductsBenchmark.class.getName() + "\\.run$")
                .param("rows", String.valueOf(rows))
                .param("nativeThreads", String.valueOf(nativeThreads))
                .forks(1)
                .threads(threads)
                .warmupIterations(Math.max(1, settings.warmUpSeconds() / 10))
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(settings.rounds())
                .measurementTime(TimeValue.milliseconds(500))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            double milliseconds =
                    new Runner(options).runSingle().getPrimaryResult().getScore();
            double operations = (double) PRODUCTS
                    * FLOATING_POINT_OPERATIONS_PER_ELEMENT
                    * rows
                    * DenseProductsBenchmark.UNITS
                    * DenseProductsBenchmark.UNITS;
            return threads * operations / (milliseconds * 1e6);
        } catch (RunnerException e) {
            throw new IllegalStateException(
                    "JMH could not measure products of " + rows + " rows: " + e.getMessage(), e);
        }
    }
}
