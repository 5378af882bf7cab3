/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

/**
 * The labels that a loss allows, where it has one for each output. NaN is in no set: the largest of some numbers is NaN
 * if one of them is.
 */
enum LabelSet {
    FINITE("must be finite", "Mask what has no label") {
        @Override
        boolean contains(double[] labels, int from, int to) {
            double largest = 0;
            for (int i = from; i < to; i++) {
                largest = Math.max(largest, Math.abs(labels[i]));
            }
            return largest <= Double.MAX_VALUE;
        }
    },

    NOT_NEGATIVE("must be at least 0 and finite", "Mask what has no label") {
        @Override
        boolean contains(double[] labels, int from, int to) {
            return smallest(labels, from, to) >= 0 && FINITE.contains(labels, from, to);
        }
    },

    UNIT("must be from 0 to 1", "Mask what has no label") {
        @Override
        boolean contains(double[] labels, int from, int to) {
            double farthest = 0;
            for (int i = from; i < to; i++) {
                farthest = Math.max(farthest, Math.abs(labels[i] - 0.5));
            }
            return farthest <= 0.5;
        }
    },

    SIGNS("must be -1 or 1", "For labels 0 and 1 take 2 * labels - 1") {
        @Override
        boolean contains(double[] labels, int from, int to) {
            double farthest = 0;
            for (int i = from; i < to; i++) {
                farthest = Math.max(farthest, Math.abs(Math.abs(labels[i]) - 1));
            }
            return farthest == 0;
        }
    },

    LOGARITHMS("must be logarithms of probabilities, at most 0", "Take log(labels)") {
        @Override
        boolean contains(double[] labels, int from, int to) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = from; i < to; i++) {
                largest = Math.max(largest, labels[i]);
            }
            // Rounding may leave the logarithm of a probability of 1 a little above 0.
            return largest <= 1e-3 && FINITE.contains(labels, from, to);
        }
    };

    private final String rule;
    private final String wayOut;

    LabelSet(String rule, String wayOut) {
        this.rule = rule;
        this.wayOut = wayOut;
    }

    /** Tells whether some labels are in the set, all of them; one pass or two, without branches. */
    abstract boolean contains(double[] labels, int from, int to);

    /** The smallest of some numbers, NaN if one is. */
    static double smallest(double[] numbers, int from, int to) {
        double smallest = Double.POSITIVE_INFINITY;
        for (int i = from; i < to; i++) {
            smallest = Math.min(smallest, numbers[i]);
        }
        return smallest;
    }

    String rule() {
        return rule;
    }

    String wayOut() {
        return wayOut;
    }
}
