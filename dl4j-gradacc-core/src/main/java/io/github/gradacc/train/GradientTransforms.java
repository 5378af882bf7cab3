/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.List;

/** The transforms between the sum of a window's gradients and DL4J's part of the step. */
final class GradientTransforms {

    /** In place of a position. */
    private static final int NONE = -1;

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
        int culprit = NONE;
        try (var stream = network.stepStream()) {
            for (int i = 0; i < inOrder.size(); i++) {
                inOrder.get(i).apply(gradient);
                culprit = isFinite(gradient) ? NONE : culprit == NONE ? i : culprit;
            }
        }
        double measured = gradient.firstNorm().orElse(Double.NaN);
        if (culprit != NONE) {
            throw nonFinite(gradient, culprit);
        }
        gradient.parameters().forEach(parameter -> parameter.gradient().muli(divisor));
        return measured;
    }

    private static boolean isFinite(WindowGradient gradient) {
        return gradient.parameters().stream().allMatch(parameter -> Finiteness.allFinite(parameter.gradient()));
    }

    /** A later transform may mend what an earlier one left; what counts is the end, and who began it. */
    private NonFiniteGradientException nonFinite(WindowGradient gradient, int culprit) {
        ParameterGradient first = gradient.parameters().stream()
                .filter(parameter -> !Finiteness.allFinite(parameter.gradient()))
                .findFirst()
                .orElseThrow();
        return new NonFiniteGradientException(
                network.iteration(),
                -1,
                Double.NaN,
                "The gradient of parameter '" + first.name() + "' of layer '" + first.layer()
                        + "' is not finite after the transforms; it was before transform " + (culprit + 1) + " of "
                        + inOrder.size() + ", " + Described.of(inOrder.get(culprit)) + ". Step " + network.iteration()
                        + " is refused and its window discarded; the network is as after its last step. Look there for"
                        + " a division by 0, such as by the norm of a gradient that is 0, or numbers beyond the data"
                        + " type");
    }
}
