/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Binary cross-entropy of probabilities: {@code torch.nn.BCELoss}.
 *
 * <p>For each probability x with label t and weight w,
 *
 * <pre>
 *   term       = -w (t max(log x, -100) + (1 - t) max(log(1 - x), -100))
 *   d term / d x = w (x - t) / max(x (1 - x), 1e-12)
 * </pre>
 *
 * <p>with torch's bounds on the logarithms and on the denominator, which is 1e-12 rounded to FLOAT. Where
 * probabilities come near 0 or 1, use {@link LossBceWithLogits}: a sigmoid that has rounded to 1 has lost its gradient.
 *
 * <p><b>Output:</b> probabilities [n, C], from {@code Activation.SIGMOID} for example; others are refused, as torch
 * refuses them. <b>Labels:</b> [n, C] from 0 to 1.
 *
 * <p><b>Mean or sum:</b> a row's C terms are divided by C (MEAN) or 1 (SUM), also if it has weights or a mask; DL4J
 * divides by the number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param weight a weight for each output, finite and at least 0; empty for none. torch's weights for the elements
 *     of a batch have no counterpart: a layer of DL4J has no place for them
 * @param reduction of a row's terms
 */
public record LossBce(
        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    private static final double LEAST_LOGARITHM = -100;
    private static final double LEAST_DENOMINATOR = 1e-12f;

    /** Checks the weights. */
    @JsonCreator
    public LossBce {
        weight = Weights.checked("weight", weight);
        Objects.requireNonNull(reduction, "reduction");
    }

    /** No weights, the mean. */
    public LossBce() {
        this(List.of(), Reduction.MEAN);
    }

    /** Returns a copy with these weights of the outputs; none removes them. */
    public LossBce withWeight(double... weight) {
        return new LossBce(Weights.listed(weight), reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossBce withReduction(Reduction reduction) {
        return new LossBce(weight, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray x = examples.output();
        examples.checkOutput(
                x,
                LabelSet.UNIT,
                "the output must be probabilities, from 0 to 1",
                "Give the layer Activation.SIGMOID, or use LossBceWithLogits");
        INDArray t = examples.labels(LabelSet.UNIT, x.size(1));
        return Terms.perLabel(
                t,
                reduction,
                () -> Weights.multiply(
                        examples,
                        weight,
                        logarithm(x.dup())
                                .muli(t)
                                .addi(logarithm(x.rsub(1)).muli(t.rsub(1)))
                                .negi()),
                () -> Weights.multiply(
                        examples, weight, x.sub(t).divi(Transforms.max(x.rsub(1).muli(x), LEAST_DENOMINATOR, false))));
    }

    private static INDArray logarithm(INDArray x) {
        return Transforms.max(Transforms.log(x, false), LEAST_LOGARITHM, false);
    }
}
