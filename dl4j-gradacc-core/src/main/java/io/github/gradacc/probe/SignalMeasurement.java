/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.function.DoubleConsumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

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
 * Dividing by s keeps the squares in range at both ends. ND4J's own reductions accumulate in the type of the array: in FLOAT
 * the square of 1e20 is infinite, of 1e-30 zero; and some of them pass over NaN.
 */
final class SignalMeasurement {

    /** Elements converted to double at a time: 8 MB. */
    private static final long CHUNK = 1 << 20;

    /** Below this exponent nothing is left to scale, and 1 / s would be infinite. */
    private static final int MIN_EXPONENT = -1000;

    private final INDArray flat;
    private long finite;
    private long zeros;
    private long nans;
    private long infinities;
    private double largest;
    private double sum;
    private double squares;

    SignalMeasurement(INDArray array) {
        flat = array.ravel();
    }

    Signal signal() {
        forEach(this::count);
        double scale = Math.scalb(1.0, Math.max(MIN_EXPONENT, Math.getExponent(largest)));
        // Not x / s: where s is the largest power of two, 1 / s is subnormal but still exact.
        double inverse = 1 / scale;
        forEach(x -> sum += Double.isFinite(x) ? x * inverse : 0);
        double mean = sum / finite;
        forEach(x -> squares += Double.isFinite(x) ? square(x * inverse - mean) : 0);
        // Without finite elements both are 0 / 0.
        return new Signal(flat.length(), mean * scale, Math.sqrt(squares / finite) * scale, zeros, nans, infinities);
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

    private void forEach(DoubleConsumer action) {
        for (long start = 0; start < flat.length(); start += CHUNK) {
            long end = Math.min(flat.length(), start + CHUNK);
            INDArray part = start == 0 && end == flat.length() ? flat : flat.get(NDArrayIndex.interval(start, end));
            for (double x : part.castTo(DataType.DOUBLE).toDoubleVector()) {
                action.accept(x);
            }
        }
    }
}
