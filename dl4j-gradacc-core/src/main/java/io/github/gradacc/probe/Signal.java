/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The numbers that describe one array of activations or gradients.
 *
 * <p>Mean and standard deviation are those of the finite elements, computed in double precision and scaled, so that
 * they are finite whenever such an element exists. The standard deviation is that of the population: divided by the
 * number of elements, not by one less.
 *
 * @param count number of elements
 * @param mean mean of the finite elements; NaN if there are none
 * @param std standard deviation of the finite elements; NaN if there are none
 * @param zeros number of elements that are exactly zero, of either sign
 * @param nans number of elements that are NaN
 * @param infinities number of elements that are infinite, of either sign
 */
public record Signal(long count, double mean, double std, long zeros, long nans, long infinities) {

    /** Checks that the counts fit each other. */
    public Signal {
        if (count < 1 || zeros < 0 || nans < 0 || infinities < 0 || zeros + nans + infinities > count) {
            throw new IllegalArgumentException("Counts must be at least 0, and at most count together, got count = "
                    + count + ", zeros = " + zeros + ", nans = " + nans + ", infinities = " + infinities);
        }
    }

    /**
     * Measures an array.
     *
     * @param array any shape, order and floating point type, at least one element; not changed
     */
    public static Signal of(INDArray array) {
        return new SignalMeasurement(array).signal();
    }

    /** Returns the number of elements that are NaN or infinite. */
    public long nonFinite() {
        return nans + infinities;
    }

    /** Returns the share of elements that are zero, in [0, 1]. */
    public double zeroShare() {
        return (double) zeros / count;
    }

    /** Returns the share of elements that are NaN, in [0, 1]. */
    public double nanShare() {
        return (double) nans / count;
    }

    /** Returns the share of elements that are infinite, in [0, 1]. */
    public double infiniteShare() {
        return (double) infinities / count;
    }
}
