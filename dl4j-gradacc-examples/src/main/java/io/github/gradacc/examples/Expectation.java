/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * What a program expects, and whether it found that. NaN never meets an expectation.
 *
 * @param what is compared
 * @param met whether it is as expected
 * @param seen what was found
 * @param expected what it should be, such as "at most 0.5"
 */
record Expectation(String what, boolean met, String seen, String expected) {

    static Expectation atMost(String what, double seen, double limit) {
        return new Expectation(what, seen <= limit, number(seen), "at most " + number(limit));
    }

    static Expectation atLeast(String what, double seen, double limit) {
        return new Expectation(what, seen >= limit, number(seen), "at least " + number(limit));
    }

    static Expectation between(String what, double seen, double least, double most) {
        boolean met = seen >= least && seen <= most;
        return new Expectation(what, met, number(seen), number(least) + " to " + number(most));
    }

    static Expectation equal(String what, Object seen, Object expected) {
        return new Expectation(what, seen.equals(expected), seen.toString(), expected.toString());
    }

    /**
     * Prints a line for each expectation, and returns the exit status that follows.
     *
     * @return 0 if all were met, else 1
     * @throws IllegalArgumentException if there are none: a program that expects nothing cannot be wrong
     */
    static int report(List<Expectation> expectations, PrintStream out) {
        if (expectations.isEmpty()) {
            throw new IllegalArgumentException("A program must expect something, got no expectation");
        }
        expectations.forEach(out::println);
        return expectations.stream().allMatch(Expectation::met) ? 0 : 1;
    }

    @Override
    public String toString() {
        String verdict = met ? "As expected: " : "NOT AS EXPECTED: ";
        return verdict + what + ": " + seen + " (expected: " + expected + ")";
    }

    /** Four decimals, or an exponent where these would say nothing. */
    private static String number(double value) {
        double size = Math.abs(value);
        boolean plain = value == 0 || (size >= 1e-3 && size < 1e6);
        return plain
                ? String.format(Locale.ROOT, "%.4f", value).replaceFirst("\\.?0+$", "")
                : String.format(Locale.ROOT, "%.1e", value);
    }
}
