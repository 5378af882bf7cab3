/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.List;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Logistic loss of several classes at once: {@code torch.nn.MultiLabelSoftMarginLoss}.
 *
 * <p>For each row of C logits x with labels t and weights w,
 *
 * <pre>
 *   score          = -sum_c w[c] (t[c] log(sigmoid(x[c])) + (1 - t[c]) log(1 - sigmoid(x[c]))) / C
 *   d score / d x[c] = w[c] (sigmoid(x[c]) - t[c]) / C
 * </pre>
 *
 * <p>computed so that both are finite and right for any finite logit.
 *
 * <p><b>Output:</b> logits [n, C], so give the layer {@code Activation.IDENTITY}; sigmoid is refused, as it would be
 * taken twice. <b>Labels:</b> [n, C] from 0 to 1.
 *
 * <p><b>Mean or sum:</b> the formula divides by C, also if there are weights or a mask. DL4J divides by the number of
 * examples, as torch's {@code mean} does.
 *
 * @param weight a weight for each class, finite and at least 0; empty for none
 */
public record LossMultiLabelSoftMargin(
        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight) implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossMultiLabelSoftMargin {
        weight = Weights.checked("weight", weight);
    }

    /** No weights. */
    public LossMultiLabelSoftMargin() {
        this(List.of());
    }

    /** Returns a copy with these weights of the classes; none removes them. */
    public LossMultiLabelSoftMargin withWeight(double... weight) {
        return new LossMultiLabelSoftMargin(Weights.listed(weight));
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(
                ActivationSigmoid.class,
                "takes logits and would apply sigmoid a second time. Give the layer Activation.IDENTITY");
        INDArray x = examples.output();
        INDArray t = examples.labels(LabelSet.UNIT, x.size(1));
        return Terms.perLabel(
                t,
                Reduction.MEAN,
                () -> Weights.multiply(examples, weight, Logistic.crossEntropy(x, t, t)),
                () -> Weights.multiply(examples, weight, Logistic.crossEntropySlopes(x, t, t)));
    }
}
