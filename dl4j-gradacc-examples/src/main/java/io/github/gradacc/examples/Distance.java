/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.List;
import java.util.stream.DoubleStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** How far apart two runs are. */
final class Distance {

    private Distance() {}

    /** The largest absolute difference of two elements; NaN if one of them is NaN. */
    static double largest(INDArray one, INDArray other) {
        // Not amaxNumber(): it passes over NaN, and a run that failed would look exact.
        return DoubleStream.of(one.sub(other).toDoubleVector())
                .map(Math::abs)
                .max()
                .orElse(0);
    }

    /** The largest absolute difference of two elements; NaN if one of them is NaN. */
    static double largest(List<Double> one, List<Double> other) {
        if (one.size() != other.size()) {
            throw new IllegalArgumentException(
                    "Only runs of the same length are compared, got " + one.size() + " and " + other.size());
        }
        double largest = 0;
        for (int i = 0; i < one.size(); i++) {
            largest = Math.max(largest, Math.abs(one.get(i) - other.get(i)));
        }
        return largest;
    }
}
