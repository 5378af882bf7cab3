/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.Locale;

/**
 * The same network trained in three ways.
 *
 * @param small native training on small batches
 * @param accumulated the same small batches, several to a step
 * @param large native training on batches as large as the windows of {@code accumulated}: the reference
 */
record Comparison(TrainingRun small, TrainingRun accumulated, TrainingRun large) {

    // Sums in another order differ in the last bits (1e-16), and every step passes the difference on to the next.
    private static final double ROUNDING = 1e-12;

    /** Whether accumulation ended where the large batches did, up to rounding. False if a parameter is NaN. */
    boolean isExact() {
        return accumulated.largestDifference(large) <= ROUNDING;
    }

    /** A line of headings and a line for each way. */
    String table() {
        String headings = String.format(
                "%-25s %6s %14s %14s   %s%n",
                "way", "steps", "training loss", "test accuracy", "largest parameter difference");
        return headings
                + line(small, scientific(small.largestDifference(large)))
                + line(accumulated, scientific(accumulated.largestDifference(large)))
                + line(large, "(the reference)");
    }

    private static String line(TrainingRun run, String difference) {
        return String.format(
                Locale.ROOT,
                "%-25s %6d %14.6f %14.3f   %s%n",
                run.name(),
                run.steps(),
                run.finalLoss(),
                run.testAccuracy(),
                difference);
    }

    /** What the table means, in one sentence. */
    String conclusion() {
        String difference = scientific(accumulated.largestDifference(large));
        if (isExact()) {
            return "Accumulation took the same " + accumulated.steps()
                    + " steps as native training on large batches and"
                    + " ended at the same parameters (difference " + difference
                    + ", which is rounding), although it never"
                    + " computed on more than a small batch at a time.";
        }
        return "Accumulation did not reproduce native training on large batches: the parameters differ by " + difference
                + ", more than the " + scientific(ROUNDING) + " that rounding explains.";
    }

    private static String scientific(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }
}
