/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

/** The labels that a loss allows, where it has one for each output. NaN is in no set. */
enum LabelSet {
    FINITE("must be finite", -Double.MAX_VALUE, Double.MAX_VALUE, false, "Mask what has no label"),
    NOT_NEGATIVE("must be at least 0 and finite", 0, Double.MAX_VALUE, false, "Mask what has no label"),
    UNIT("must be from 0 to 1", 0, 1, false, "Mask what has no label"),
    SIGNS("must be -1 or 1", 1, 1, true, "For labels 0 and 1 take 2 * labels - 1"),
    // Rounding may leave the logarithm of a probability of 1 a little above 0.
    LOGARITHMS("must be logarithms of probabilities, at most 0", -Double.MAX_VALUE, 1e-3, false, "Take log(labels)");

    private final String rule;
    private final double lower;
    private final double upper;
    private final boolean squared;
    private final String wayOut;

    LabelSet(String rule, double lower, double upper, boolean squared, String wayOut) {
        this.rule = rule;
        this.lower = lower;
        this.upper = upper;
        this.squared = squared;
        this.wayOut = wayOut;
    }

    boolean contains(double label) {
        double x = squared ? label * label : label;
        return x >= lower && x <= upper;
    }

    String rule() {
        return rule;
    }

    String wayOut() {
        return wayOut;
    }
}
