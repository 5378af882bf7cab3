/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import io.github.gradacc.array.Finiteness;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far arrays are from those that they should equal: the largest difference of an element, divided by the largest
 * element of the array that is expected, but at least by a given scale. Where the expected gradient is exactly 0, as
 * that of a batch norm over one example, whatever rounding leaves would be infinitely far from it.
 */
final class Difference {

    private Difference() {}

    /** Returns the largest of the pairs. */
    static double relative(List<INDArray> computed, List<INDArray> expected, double leastScale) {
        double largest = 0;
        for (int i = 0; i < expected.size(); i++) {
            largest = Math.max(largest, relative(computed.get(i), expected.get(i), leastScale));
        }
        return largest;
    }

    /** ND4J's maximum passes over NaN. */
    private static double relative(INDArray computed, INDArray expected, double leastScale) {
        if (!Finiteness.allFinite(computed) || !Finiteness.allFinite(expected)) {
            return Double.POSITIVE_INFINITY;
        }
        double distance = computed.sub(expected).amaxNumber().doubleValue();
        return distance == 0
                ? 0
                : distance / Math.max(leastScale, expected.amaxNumber().doubleValue());
    }
}
