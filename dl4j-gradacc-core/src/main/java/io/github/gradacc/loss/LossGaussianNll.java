/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Negative log-likelihood of normal distributions whose mean and variance are outputs: {@code torch.nn.GaussianNLLLoss}
 * (Nix and Weigend 1994, "Estimating the mean and variance of the target probability distribution").
 *
 * <p>For each mean m and variance v with label t, and {@code u = max(v, eps)},
 *
 * <pre>
 *   term       = (log u + (m - t)^2 / u) / 2
 *   d term / d m = (m - t) / u
 *   d term / d v = (1 / u - (m - t)^2 / u^2) / 2,   as in torch also where v is below eps
 * </pre>
 *
 * <p>With {@code full}, {@code log(2 pi) / 2} is added to each term.
 *
 * <p><b>Output:</b> [n, 2 d], first the d means, then their variances, of which negative ones are refused, as torch
 * refuses them. A layer has one activation function for all of its outputs: build means and variances in two dense
 * layers, the second with {@code Activation.SOFTPLUS}, join them with a {@code MergeVertex}, and end the graph with a
 * {@code LossLayer}. <b>Labels:</b> [n, d], any finite numbers. A mask has one column or d.
 *
 * <p><b>Mean or sum:</b> a row's d terms are divided by d (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param full tells whether the constant term is added
 * @param eps the least variance, finite and above 0
 * @param reduction of a row's terms
 */
public record LossGaussianNll(
        @JsonProperty(value = "full", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean full,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    private static final String PARTS = "means, then variances";

    /** Checks the numbers. */
    @JsonCreator
    public LossGaussianNll {
        if (!(eps > 0 && eps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eps must be finite and above 0, got " + eps);
        }
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Without the constant term; eps is 1e-6, the mean. */
    public LossGaussianNll() {
        this(false, 1e-6, Reduction.MEAN);
    }

    /** Returns a copy with the constant term, or without it. */
    public LossGaussianNll withFull(boolean full) {
        return new LossGaussianNll(full, eps, reduction);
    }

    /** Returns a copy with this least variance. */
    public LossGaussianNll withEps(double eps) {
        return new LossGaussianNll(full, eps, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossGaussianNll withReduction(Reduction reduction) {
        return new LossGaussianNll(full, eps, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray mean = examples.part(0, 2, PARTS);
        INDArray variance = examples.part(1, 2, PARTS);
        examples.checkOutput(
                variance,
                LabelSet.NOT_NEGATIVE,
                "variances must be at least 0",
                "Give the layer that computes them Activation.SOFTPLUS");
        INDArray t = examples.labels(LabelSet.FINITE, mean.size(1));
        INDArray d = mean.subi(t);
        INDArray u = Transforms.max(variance, eps, false);
        double constant = full ? Math.log(2 * Math.PI) : 0;
        return Terms.perLabel(
                t,
                reduction,
                () -> d.mul(d)
                        .divi(u)
                        .addi(Transforms.log(u, true))
                        .addi(constant)
                        .muli(0.5),
                () -> slopes(d, u));
    }

    private static INDArray slopes(INDArray d, INDArray u) {
        INDArray ofMean = d.div(u);
        INDArray ofVariance = ofMean.mul(ofMean).rsubi(u.rdiv(1)).muli(0.5);
        return Nd4j.concat(1, ofMean, ofVariance);
    }
}
