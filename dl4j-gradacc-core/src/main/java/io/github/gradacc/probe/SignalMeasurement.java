/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.array.Elements;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Three passes over the elements, in double precision:
 *
 * <pre>
 *   1. count; s := the power of two at the largest finite |x|
 *   2. m := mean of x / s
 *   3. v := mean of (x / s - m)^2
 *   mean = s m, std = s sqrt(v)
 * </pre>
 *
 * Dividing by s keeps the squares in range at both ends. ND4J's own reductions accumulate in the type of the array: in
 * FLOAT the square of 1e20 is infinite, of 1e-30 zero; and some of them pass over NaN.
 */
final class SignalMeasurement {

    /** Below this exponent nothing is left to scale, and 1 / s would be infinite. */
    private static final int MIN_EXPONENT = -1000;

    private final INDArray array;
    private long finite;
    private long zeros;
    private long nans;
    private long infinities;
    private double largest;
    private double sum;
    private double squares;

    SignalMeasurement(INDArray array) {
        this.array = array.ravel();
    }

    Signal signal() {
        Elements.forEach(array, this::count);
        double scale = Math.scalb(1.0, Math.max(MIN_EXPONENT, Math.getExponent(largest)));
        // Not x / s: where s is the largest power of two, 1 / s is subnormal but still exact.
        double inverse = 1 / scale;
        Elements.forEach(array, x -> sum += Double.isFinite(x) ? x * inverse : 0);
        double mean = sum / finite;
        Elements.forEach(array, x -> squares += Double.isFinite(x) ? square(x * inverse - mean) : 0);
        // Without finite elements both are 0 / 0.
        return new Signal(array.length(), mean * scale, Math.sqrt(squares / finite) * scale, zeros, nans, infinities);
    }

    private void count(double x) {
        if (Double.isNaN(x)) {
            nans++;
        } else if (Double.isInfinite(x)) {
            infinities++;
        } else {
            finite++;
            zeros += x == 0 ? 1 : 0;
            largest = Math.max(largest, Math.abs(x));
        }
    }

    private static double square(double x) {
        return x * x;
    }
}
