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
 * Negative log-likelihood of Poisson rates: {@code torch.nn.PoissonNLLLoss}.
 *
 * <p>For each output x with label t,
 *
 * <pre>
 *   logInput:  term = e^x - t x,              d term / d x = e^x - t
 *   otherwise: term = x - t log(x + eps),     d term / d x = 1 - t / (x + eps)
 * </pre>
 *
 * <p>With {@code full}, Stirling's approximation {@code t log t - t + log(2 pi t) / 2} of {@code log t!} is added to a
 * term whose label is above 1.
 *
 * <p><b>Output:</b> [n, k], logarithms of rates, or rates, of which negative ones are refused; give the layer
 * {@code Activation.SOFTPLUS} or another that is not negative. <b>Labels:</b> counts [n, k], at least 0, not
 * necessarily whole.
 *
 * <p><b>Mean or sum:</b> a row's k terms are divided by k (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param logInput tells whether outputs are logarithms of rates
 * @param full tells whether Stirling's term is added
 * @param eps added to rates before their logarithm is taken; finite and above 0
 * @param reduction of a row's terms
 */
public record LossPoissonNll(
        @JsonProperty(value = "logInput", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean logInput,

        @JsonProperty(value = "full", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean full,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossPoissonNll {
        if (!(eps > 0 && eps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eps must be finite and above 0, got " + eps);
        }
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Outputs are logarithms of rates, without Stirling's term; eps is 1e-8, the mean. */
    public LossPoissonNll() {
        this(true, false, 1e-8, Reduction.MEAN);
    }

    /** Returns a copy whose outputs are logarithms of rates, or rates. */
    public LossPoissonNll withLogInput(boolean logInput) {
        return new LossPoissonNll(logInput, full, eps, reduction);
    }

    /** Returns a copy with Stirling's term, or without it. */
    public LossPoissonNll withFull(boolean full) {
        return new LossPoissonNll(logInput, full, eps, reduction);
    }

    /** Returns a copy with this bound. */
    public LossPoissonNll withEps(double eps) {
        return new LossPoissonNll(logInput, full, eps, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossPoissonNll withReduction(Reduction reduction) {
        return new LossPoissonNll(logInput, full, eps, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray x = examples.output();
        INDArray t = examples.labels(LabelSet.NOT_NEGATIVE, x.size(1));
        if (!logInput) {
            examples.checkOutput(
                    x,
                    LabelSet.NOT_NEGATIVE,
                    "without logInput the output must be rates, at least 0",
                    "Give the layer Activation.SOFTPLUS, or use withLogInput(true)");
        }
        return Terms.perLabel(
                t, reduction, () -> full ? values(x, t).addi(stirling(t)) : values(x, t), () -> slopes(x, t));
    }

    private INDArray values(INDArray x, INDArray t) {
        return logInput
                ? Transforms.exp(x, true).subi(t.mul(x))
                : Transforms.log(x.add(eps), false).muli(t).rsubi(x);
    }

    private INDArray slopes(INDArray x, INDArray t) {
        return logInput ? Transforms.exp(x, true).subi(t) : t.div(x.add(eps)).rsubi(1);
    }

    private static INDArray stirling(INDArray t) {
        INDArray large = Transforms.max(t, 1, true);
        INDArray logarithm = Transforms.log(large, true);
        return logarithm
                .mul(large)
                .subi(large)
                .addi(logarithm.addi(Math.log(2 * Math.PI)).muli(0.5))
                .muli(t.gt(1).castTo(t.dataType()));
    }
}
