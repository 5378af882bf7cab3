/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Arrays;

/** The checks that several initializers share. Comparisons are written so that NaN fails. */
final class Checks {

    private Checks() {}

    static void finite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " must be finite, got " + value);
        }
    }

    /** A standard deviation; 0 is allowed, as in torch. */
    static void deviation(double std) {
        if (!(std >= 0 && std < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("std must be finite and at least 0, got " + std);
        }
    }

    static void ordered(double lower, double upper) {
        if (!(lower <= upper)) {
            throw new IllegalArgumentException(
                    "lower must not be above upper, got lower = " + lower + ", upper = " + upper);
        }
    }

    /** An error about a shape that an initializer cannot fill: the rule, the shape, the way out. */
    static IllegalArgumentException shape(String rule, long[] shape, String wayOut) {
        return new IllegalArgumentException(rule + ", got shape " + Arrays.toString(shape) + ". " + wayOut);
    }
}
