/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

/**
 * What {@link NetworkInitializer#lsuv} reached in one layer with weights.
 *
 * @param layer the name of the layer
 * @param variance the variance of the layer's output before the activation function; NaN if it was not measured
 * @param iterations how many times the weights were divided
 * @param reached whether the variance is within the tolerance
 * @param obstacle why the layer could not be scaled; empty if it could
 */
public record LsuvLayer(String layer, double variance, int iterations, boolean reached, String obstacle) {

    /** Returns whether the weights could be scaled at all. */
    public boolean scalable() {
        return obstacle.isEmpty();
    }

    @Override
    public String toString() {
        return scalable()
                ? layer + ": variance " + variance + " after " + iterations
                        + (iterations == 1 ? " iteration" : "" + " iterations")
                        + (reached ? "" : ", tolerance not reached")
                : layer + ": not scaled, " + obstacle;
    }
}
