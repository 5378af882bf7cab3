/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.Norm;
import java.util.List;
import java.util.OptionalDouble;

/** The gradient of a window, parameter by parameter. For the thread that trains, until the transform returns. */
public final class WindowGradient {

    private final List<ParameterGradient> parameters;
    private final int iteration;
    private final int epoch;
    private OptionalDouble firstNorm = OptionalDouble.empty();

    /**
     * Makes a gradient; the trainer does, and tests of transforms may.
     *
     * @param parameters the trained parameters, in the order in which DL4J flattens them; at least one
     * @param iteration number of the step, from 0
     * @param epoch number of epochs completed
     */
    public WindowGradient(List<ParameterGradient> parameters, int iteration, int epoch) {
        this.parameters = List.copyOf(parameters);
        this.iteration = iteration;
        this.epoch = epoch;
    }

    /** Returns the trained parameters with their gradients, in the order in which DL4J flattens them. */
    public List<ParameterGradient> parameters() {
        return parameters;
    }

    /** Returns the number of the step, from 0. */
    public int iteration() {
        return iteration;
    }

    /** Returns the number of epochs completed. */
    public int epoch() {
        return epoch;
    }

    /**
     * Computes the 2-norm of the whole gradient as it is now, in DOUBLE from the norms of its parameters. The first one
     * computed in a step is in the {@link StepReport}.
     */
    public double norm() {
        double norm = Math.sqrt(parameters.stream()
                .mapToDouble(parameter -> Norm.of(parameter.gradient()))
                .map(each -> each * each)
                .sum());
        if (firstNorm.isEmpty()) {
            firstNorm = OptionalDouble.of(norm);
        }
        return norm;
    }

    OptionalDouble firstNorm() {
        return firstNorm;
    }
}
