/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Binary cross-entropy of logits: {@code torch.nn.BCEWithLogitsLoss}.
 *
 * <p>For each logit x with label t, weight w and weight p of its positive labels,
 *
 * <pre>
 *   term       = w ((1 - t) x + (1 + (p - 1) t) log(1 + e^-x))
 *   d term / d x = w ((p t + 1 - t) sigmoid(x) - p t)
 * </pre>
 *
 * <p>computed so that both are finite and right for any finite logit.
 *
 * <p><b>Output:</b> logits [n, C], so give the layer {@code Activation.IDENTITY}; sigmoid is refused, as it would be
 * taken twice. <b>Labels:</b> [n, C] from 0 to 1.
 *
 * <p><b>Mean or sum:</b> a row's C terms are divided by C (MEAN) or 1 (SUM), also if it has weights or a mask; DL4J
 * divides by the number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param weight a weight for each output, finite and at least 0; empty for none. torch's weights for the elements
 *     of a batch have no counterpart: a layer of DL4J has no place for them
 * @param posWeight a weight for the positive labels of each output, finite and at least 0; empty for none
 * @param reduction of a row's terms
 */
public record LossBceWithLogits(
        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight,

        @JsonProperty(value = "posWeight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> posWeight,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks the weights. */
    @JsonCreator
    public LossBceWithLogits {
        weight = Weights.checked("weight", weight);
        posWeight = Weights.checked("posWeight", posWeight);
        Objects.requireNonNull(reduction, "reduction");
    }

    /** No weights, the mean. */
    public LossBceWithLogits() {
        this(List.of(), List.of(), Reduction.MEAN);
    }

    /** Returns a copy with these weights of the outputs; none removes them. */
    public LossBceWithLogits withWeight(double... weight) {
        return new LossBceWithLogits(Weights.listed(weight), posWeight, reduction);
    }

    /** Returns a copy with these weights of positive labels, one for each output; none removes them. */
    public LossBceWithLogits withPosWeight(double... posWeight) {
        return new LossBceWithLogits(weight, Weights.listed(posWeight), reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossBceWithLogits withReduction(Reduction reduction) {
        return new LossBceWithLogits(weight, posWeight, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(
                ActivationSigmoid.class,
                "takes logits and would apply sigmoid a second time. Give the layer Activation.IDENTITY, or use"
                        + " LossBce");
        INDArray x = examples.output();
        INDArray t = examples.labels(LabelSet.UNIT, x.size(1));
        INDArray p = Weights.row(examples, "posWeight", posWeight, x.size(1));
        INDArray positive = p == null ? t : t.mulRowVector(p);
        return Terms.perLabel(
                t,
                reduction,
                () -> Weights.multiply(examples, weight, Logistic.crossEntropy(x, t, positive)),
                () -> Weights.multiply(examples, weight, Logistic.crossEntropySlopes(x, t, positive)));
    }
}
