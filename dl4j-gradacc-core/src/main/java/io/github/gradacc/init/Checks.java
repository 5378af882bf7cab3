/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The checks that several initializers share. Comparisons are written so that NaN fails. */
final class Checks {

    private static final long CHUNK = 1 << 16;

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

    /** Element by element: {@code isNaN()} and reductions of ND4J 1.0.0-M2.1 can pass over NaN. */
    static boolean allFinite(INDArray array) {
        INDArray flat = array.ravel();
        for (long from = 0; from < flat.length(); from += CHUNK) {
            INDArray chunk = flat.get(NDArrayIndex.interval(from, Math.min(flat.length(), from + CHUNK)));
            for (double x : chunk.castTo(DataType.DOUBLE).toDoubleVector()) {
                if (!Double.isFinite(x)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** An error about a shape that an initializer cannot fill: the rule, the shape, the way out. */
    static IllegalArgumentException shape(String rule, long[] shape, String wayOut) {
        return new IllegalArgumentException(rule + ", got shape " + Arrays.toString(shape) + ". " + wayOut);
    }
}
