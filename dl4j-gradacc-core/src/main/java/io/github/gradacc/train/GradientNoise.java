/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Adds normal noise whose variance decays with the steps t (Neelakantan et al. 2015, "Adding gradient noise improves
 * learning for very deep networks", arXiv 1511.06807):
 *
 * <pre>
 *   g := g + N(0, eta / (1 + t)^gamma)
 * </pre>
 *
 * <p>The noise depends on the network's seed and the step: training again, or on more workers, draws the same.
 *
 * @param eta the variance at the first step, at least 0; the paper takes 0.01, 0.3 or 1
 * @param gamma how fast it decays, at least 0; 0.55 in the paper
 */
public record GradientNoise(double eta, double gamma) implements GradientTransform {

    /** Checks the numbers. */
    public GradientNoise {
        if (!(eta >= 0 && eta < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eta must be finite and at least 0, got " + eta);
        }
        if (!(gamma >= 0 && gamma < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("gamma must be finite and at least 0, got " + gamma);
        }
    }

    /** Decays as in the paper. */
    public GradientNoise(double eta) {
        this(eta, 0.55);
    }

    @Override
    public void apply(WindowGradient gradient) {
        double deviation = Math.sqrt(eta / Math.pow(1.0 + gradient.iteration(), gamma));
        for (ParameterGradient parameter : gradient.parameters()) {
            INDArray g = parameter.gradient();
            g.addi(Nd4j.randn(g.dataType(), g.shape()).muli(deviation));
        }
    }
}
