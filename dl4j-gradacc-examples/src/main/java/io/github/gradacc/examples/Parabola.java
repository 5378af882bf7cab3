/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The smallest problem of optimization: y = 4 x^2, walked down from x = 2 by an updater of a network. */
final class Parabola {

    static final double START = 2;

    /** The second derivative of y. */
    static final double CURVATURE = 8;

    private Parabola() {}

    static double y(double x) {
        return CURVATURE / 2 * x * x;
    }

    /**
     * Takes steps. The updater is used as a network uses it: it turns the gradient into what is subtracted.
     *
     * @return x at the start and after each step
     */
    static List<Double> descend(IUpdater rule, int steps) {
        GradientUpdater<?> updater = rule.instantiate(state(rule), true);
        List<Double> xs = new ArrayList<>();
        xs.add(START);
        for (int i = 0; i < steps; i++) {
            INDArray gradient = Nd4j.createFromArray(CURVATURE * xs.get(i));
            updater.applyUpdater(gradient, i, 0);
            xs.add(xs.get(i) - gradient.getDouble(0));
        }
        return xs;
    }

    private static @Nullable INDArray state(IUpdater rule) {
        long size = rule.stateSize(1);
        return size == 0 ? null : Nd4j.zeros(DataType.DOUBLE, 1, size);
    }
}
