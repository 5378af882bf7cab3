/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.List;

/** The transforms between the sum of a window's gradients and DL4J's part of the step. */
final class GradientTransforms {

    private final List<GradientTransform> inOrder;
    private final TrainedNetwork network;

    GradientTransforms(TrainedNetwork network, List<GradientTransform> inOrder) {
        this.network = network;
        this.inOrder = inOrder;
        if (!inOrder.isEmpty() && network.isFrozen()) {
            throw new IllegalStateException(
                    "gradientTransforms need a gradient, but all layers of the network are frozen:" + " leave out "
                            + inOrder);
        }
    }

    /**
     * Applies them to the gradient array, which holds a sum that DL4J will divide.
     *
     * @param examples number of examples that DL4J will divide by
     * @return the norm that the first transform to ask for it was told; NaN if none asked
     */
    double apply(long examples) {
        if (inOrder.isEmpty()) {
            return Double.NaN;
        }
        WindowGradient gradient = new WindowGradient(
                network.trainedParameters().stream().map(ParameterGradient::of).toList(),
                network.iteration(),
                network.epoch());
        long divisor = network.divisor(examples);
        gradient.parameters().forEach(parameter -> parameter.gradient().divi(divisor));
        try (var stream = network.stepStream()) {
            inOrder.forEach(transform -> transform.apply(gradient));
        }
        double measured = gradient.firstNorm().orElse(Double.NaN);
        gradient.parameters().forEach(this::requireFinite);
        gradient.parameters().forEach(parameter -> parameter.gradient().muli(divisor));
        return measured;
    }

    private void requireFinite(ParameterGradient parameter) {
        if (!Finiteness.allFinite(parameter.gradient())) {
            throw new NonFiniteGradientException(
                    network.iteration(),
                    -1,
                    Double.NaN,
                    "The gradient of parameter '" + parameter.name() + "' of layer '" + parameter.layer()
                            + "' is not finite after the transforms " + inOrder + ". Step " + network.iteration()
                            + " is refused and its window discarded; the network is as after its last step");
        }
    }
}
