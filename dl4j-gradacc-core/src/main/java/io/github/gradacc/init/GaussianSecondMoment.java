/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@code E[f(z)^2]} for {@code z ~ N(0, 1)}, by three Gauss-Legendre points in every cell of width h on [-L, L]:
 *
 * <pre>
 *   sum over cells c  h/2 sum_i w_i f(z_ci)^2 phi(z_ci),   z_ci = c + h/2 (1 + x_i)
 *   x = -sqrt(3/5), 0, sqrt(3/5);  w = 5/9, 8/9, 5/9
 * </pre>
 *
 * Beyond L = 12 the normal density is below 3e-32. The sum is divided by the same sum for {@code f = 1}.
 */
final class GaussianSecondMoment {

    private static final int CELLS_PER_UNIT = 1024;
    private static final int LIMIT = 12;
    private static final double[] NODES = {-Math.sqrt(0.6), 0, Math.sqrt(0.6)};
    private static final double[] WEIGHTS = {5.0 / 9, 8.0 / 9, 5.0 / 9};

    private GaussianSecondMoment() {}

    /** Returns the second moment of an activation function of a standard normal variable. */
    static double of(IActivation activation) {
        int cells = 2 * LIMIT * CELLS_PER_UNIT;
        double[] points = new double[cells * NODES.length];
        for (int i = 0; i < points.length; i++) {
            int cell = i / NODES.length;
            double middle = (cell + 0.5) / CELLS_PER_UNIT - LIMIT;
            points[i] = middle + NODES[i % NODES.length] / (2 * CELLS_PER_UNIT);
        }
        double[] values = activation
                .getActivation(Nd4j.createFromArray(points).reshape(points.length, 1), false)
                .reshape(points.length)
                .toDoubleVector();
        double sum = 0;
        double total = 0;
        for (int i = 0; i < points.length; i++) {
            double weight = WEIGHTS[i % WEIGHTS.length] * Math.exp(-points[i] * points[i] / 2);
            sum += weight * values[i] * values[i];
            total += weight;
        }
        double mean = sum / total;
        if (!(mean > 0 && mean < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("The gain needs a positive and finite E[f(z)^2], got " + mean + " for "
                    + activation + ". Choose the gain by hand");
        }
        return mean;
    }
}
