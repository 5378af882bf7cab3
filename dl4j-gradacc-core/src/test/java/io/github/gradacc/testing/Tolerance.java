/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Comparison of arrays and numbers relative to their size. */
public final class Tolerance {

    /**
     * For DOUBLE: the big batch and the micro-batches add the same numbers in another order, which costs a few units in
     * the last place (2e-16) per step.
     */
    public static final double DOUBLE = 1e-12;

    /**
     * For FLOAT (unit 6e-8): the same, and updaters such as Adam divide by the root of tiny sums, which magnifies it.
     */
    public static final double FLOAT = 2e-4;

    private Tolerance() {}

    /**
     * Asserts {@code |a - b| <= tolerance * scale} for every element, where the scale is the largest magnitude in the
     * expected array: elements of one array are sums of like terms, so the large ones set the rounding error of all.
     * Below 1e-3 the scale no longer shrinks, for arrays that are zero but for cancellation. NaN fails.
     */
    public static void assertClose(String what, INDArray actual, INDArray expected, double tolerance) {
        if (expected == null || actual == null) {
            assertThat(actual).as(what).isSameAs(expected);
            return;
        }
        assertThat(actual.length()).as("%s: length", what).isEqualTo(expected.length());
        assertThat(actual.dataType()).as("%s: type", what).isEqualTo(expected.dataType());
        double[] a = actual.dup('c').reshape(actual.length()).toDoubleVector();
        double[] b = expected.dup('c').reshape(expected.length()).toDoubleVector();
        double scale = 1e-3;
        for (double value : b) {
            scale = Math.max(scale, Math.abs(value));
        }
        for (int i = 0; i < a.length; i++) {
            check(what + "[" + i + "]", a[i], b[i], tolerance * scale);
        }
    }

    /** Asserts {@code |a - b| <= tolerance * max(1e-3, |b|)}; NaN fails. */
    public static void assertClose(String what, double actual, double expected, double tolerance) {
        check(what, actual, expected, tolerance * Math.max(1e-3, Math.abs(expected)));
    }

    private static void check(String what, double actual, double expected, double allowed) {
        if (!(Math.abs(actual - expected) <= allowed)) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual + ", off by "
                    + Math.abs(actual - expected) + " where " + allowed + " is allowed");
        }
    }
}
