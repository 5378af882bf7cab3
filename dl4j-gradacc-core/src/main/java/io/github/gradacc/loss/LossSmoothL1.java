/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Squares of small differences, absolute values of large ones: {@code torch.nn.SmoothL1Loss}.
 *
 * <p>For each output x with label t, and {@code d = x - t},
 *
 * <pre>
 *   term       = d^2 / (2 beta)   if |d| &lt; beta,   |d| - beta / 2   otherwise
 *   d term / d x = d / beta         if |d| &lt; beta,   sign(d)          otherwise
 * </pre>
 *
 * <p>With {@code beta = 0} that is |d|, with derivative 0 at 0. {@link LossHuber} is beta times this.
 *
 * <p><b>Output and labels:</b> [n, k], any finite numbers.
 *
 * <p><b>Mean or sum:</b> a row's k terms are divided by k (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param beta where squares end, finite and at least 0
 * @param reduction of a row's terms
 */
public record LossSmoothL1(
        @JsonProperty(value = "beta", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double beta,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks beta. */
    @JsonCreator
    public LossSmoothL1 {
        if (!(beta >= 0 && beta < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("beta must be finite and at least 0, got " + beta);
        }
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Beta 1, the mean. */
    public LossSmoothL1() {
        this(1, Reduction.MEAN);
    }

    /** Returns a copy with this beta. */
    public LossSmoothL1 withBeta(double beta) {
        return new LossSmoothL1(beta, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossSmoothL1 withReduction(Reduction reduction) {
        return new LossSmoothL1(beta, reduction);
    }

    /** With c the nearest to d in [-beta, beta], the term is {@code c (d - c / 2) / beta}, its derivative c / beta. */
    @Override
    public Terms terms(Examples examples) {
        INDArray t = examples.labels(LabelSet.FINITE, examples.columns());
        INDArray d = examples.output().sub(t);
        if (beta == 0) {
            return Terms.perLabel(t, reduction, () -> Transforms.abs(d, true), () -> Transforms.sign(d, true));
        }
        INDArray c = Clipped.of(d, beta);
        return Terms.perLabel(t, reduction, () -> d.sub(c.mul(0.5)).muli(c).divi(beta), () -> c.div(beta));
    }
}
