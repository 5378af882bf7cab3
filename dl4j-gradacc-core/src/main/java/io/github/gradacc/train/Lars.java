/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.Norm;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Layer-wise adaptive rate scaling (You, Gitman and Ginsburg 2017, "Large batch training of convolutional networks",
 * arXiv 1708.03888, algorithm 1), for large batches. For the weights w of each layer, with gradient g,
 *
 * <pre>
 *   g := eta |w| / (|g| + weightDecay |w| + eps) * (g + weightDecay w)
 * </pre>
 *
 * <p>Biases and the parameters of normalization are left as they are. So are weights that are all 0 or have the
 * gradient 0, but for weight decay. Give the network an updater with momentum, such as {@code SgdMomentum}, and no L2
 * and weight decay of DL4J's: they would come on top, and not be scaled.
 *
 * @param eta the trust coefficient, above 0; the paper's experiments use 0.001
 * @param eps at least 0; keeps the quotient finite
 * @param weightDecay at least 0
 */
public record Lars(double eta, double eps, double weightDecay) implements GradientTransform {

    /** Checks the numbers. */
    public Lars {
        if (!(eta > 0 && eta < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eta must be finite and above 0, got " + eta);
        }
        if (!(eps >= 0 && eps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eps must be finite and at least 0, got " + eps);
        }
        if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weightDecay must be finite and at least 0, got " + weightDecay);
        }
    }

    /** The coefficient of the paper, 1e-8, no weight decay. */
    public Lars() {
        this(0.001, 1e-8, 0);
    }

    @Override
    public void apply(WindowGradient gradient) {
        gradient.parameters().stream()
                .filter(parameter -> parameter.kind() == ParameterGradient.Kind.WEIGHT)
                .forEach(parameter -> scale(parameter.gradient(), parameter.value()));
    }

    private void scale(INDArray g, INDArray w) {
        double normOfWeights = Norm.of(w);
        double normOfGradient = Norm.of(g);
        if (weightDecay > 0) {
            g.addi(w.mul(weightDecay));
        }
        if (normOfWeights > 0 && normOfGradient > 0) {
            g.muli(eta * normOfWeights / (normOfGradient + weightDecay * normOfWeights + eps));
        }
    }
}
