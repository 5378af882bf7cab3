/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.List;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Negative log-likelihood of log-probabilities: {@code torch.nn.NLLLoss}.
 *
 * <p>For each row of log-probabilities a, {@code score = -sum_c w[c] t[c] a[c]} and
 * {@code d score / d a[c] = -w[c] t[c]}, where t is the one-hot row of the label, or the probabilities (which torch's
 * class does not take). A row whose class index is {@code ignoreIndex} has score and gradient 0.
 *
 * <p><b>Output:</b> log-probabilities [n, C], from a layer that computes them; they are not checked. Softmax is
 * refused, as it gives probabilities: for logits use {@link LossCrossEntropy}. <b>Labels and masks:</b> as those of
 * {@link LossCrossEntropy}.
 *
 * <p><b>Mean or sum:</b> as with {@link LossCrossEntropy}: one term for each row, so DL4J divides by the number of
 * examples, and torch's {@code mean} by the sum of {@code w[label]} over the labels that are not ignored.
 *
 * @param weight a weight for each class, finite and at least 0; empty for none
 * @param ignoreIndex the class index that does not count
 */
public record LossNll(
        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight,

        @JsonProperty(value = "ignoreIndex", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int ignoreIndex)
        implements TorchLoss, LabelWeights {

    /** Checks the weights. */
    @JsonCreator
    public LossNll {
        weight = Weights.checked("weight", weight);
    }

    /** No weights; -100 is ignored. */
    public LossNll() {
        this(List.of(), LossCrossEntropy.IGNORE_INDEX);
    }

    /** Returns a copy with these weights of the classes; none removes them. */
    public LossNll withWeight(double... weight) {
        return new LossNll(Weights.listed(weight), ignoreIndex);
    }

    /** Returns a copy that ignores labels of this index. */
    public LossNll withIgnoreIndex(int ignoreIndex) {
        return new LossNll(weight, ignoreIndex);
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(
                ActivationSoftmax.class,
                "takes log-probabilities, which softmax does not give. Use LossCrossEntropy with Activation.IDENTITY");
        INDArray targets = ClassLabels.of(examples, ignoreIndex).targets(weight, 0);
        return Terms.perRow(() -> examples.output().mul(targets).sum(true, 1).negi(), targets::neg);
    }

    @Override
    public double[] labelWeights(INDArray labels) {
        return new ClassWeights(weight).of(labels, ignoreIndex);
    }
}
