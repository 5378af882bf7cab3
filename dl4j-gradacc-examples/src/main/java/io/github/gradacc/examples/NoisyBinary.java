/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A binary problem that nobody can learn altogether: points inside and outside of a circle, and of each ten points one
 * with the wrong label.
 */
final class NoisyBinary {

    static final int FEATURES = 2;

    /** The share of wrong labels: no classifier is right more often than 1 - this. */
    static final double WRONG = 0.1;

    /** Half of the points of a standard normal distribution in two dimensions are within this distance of 0. */
    private static final double RADIUS = Math.sqrt(2 * Math.log(2));

    private NoisyBinary() {}

    /**
     * Draws points.
     *
     * @param examples how many
     * @param seed of everything random
     * @return features [examples, 2] and labels [examples, 1], 0 or 1, DOUBLE
     */
    static DataSet draw(int examples, long seed) {
        Random random = new Random(seed);
        double[][] features = new double[examples][];
        double[][] labels = new double[examples][];
        for (int i = 0; i < examples; i++) {
            double x = random.nextGaussian();
            double y = random.nextGaussian();
            boolean inside = Math.hypot(x, y) < RADIUS;
            boolean wrong = random.nextDouble() < WRONG;
            features[i] = new double[] {x, y};
            labels[i] = new double[] {inside == wrong ? 0 : 1};
        }
        return new DataSet(Nd4j.createFromArray(features), Nd4j.createFromArray(labels));
    }
}
