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
 * Cross-entropy of logits with a class or with probabilities: {@code torch.nn.CrossEntropyLoss}.
 *
 * <p>For each row of logits x, with {@code p = softmax(x)} and C classes,
 *
 * <pre>
 *   score     = -sum_c w[c] t'[c] log p[c],          t' = (1 - labelSmoothing) t + labelSmoothing / C
 *   d score / d x[c] = p[c] sum_k w[k] t'[k] - w[c] t'[c]
 * </pre>
 *
 * <p>where t is the one-hot row of the label, or the probabilities. A row whose class index is {@code ignoreIndex} has
 * score and gradient 0.
 *
 * <p><b>Output:</b> logits [n, C], so give the layer {@code Activation.IDENTITY}; softmax is refused, as it would be
 * taken twice. <b>Labels:</b> class indices [n, 1], whole numbers from 0 to C - 1 in any type, or rows [n, C] of
 * probabilities that sum to 1. At each step of sequences: [n, 1, T] or [n, C, T] with {@code RnnOutputLayer} and
 * {@code RnnLossLayer}. For images {@code Cnn3DLossLayer} takes both as well; {@code CnnLossLayer} takes [n, C, H, W]
 * only, since DL4J refuses labels there that are not of the output's shape: mask what is to be ignored. A mask has one
 * column.
 *
 * <p><b>Mean or sum:</b> one term for each row, so DL4J divides by the number of examples. torch's {@code mean} divides
 * by the sum of {@code w[label]} over the labels that are not ignored, if labels are indices, and by the number of rows
 * if they are probabilities. If all are ignored the score is 0, where torch's mean is NaN and its gradient 0.
 *
 * @param weight a weight for each class, finite and at least 0; empty for none
 * @param ignoreIndex the class index that does not count
 * @param labelSmoothing from 0 to 1
 */
public record LossCrossEntropy(
        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight,

        @JsonProperty(value = "ignoreIndex", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int ignoreIndex,

        @JsonProperty(value = "labelSmoothing", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double labelSmoothing)
        implements TorchLoss, LabelWeights {

    /** torch's {@code ignore_index=-100}. */
    static final int IGNORE_INDEX = -100;

    /** Checks the numbers. */
    @JsonCreator
    public LossCrossEntropy {
        weight = Weights.checked("weight", weight);
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new IllegalArgumentException("labelSmoothing must be from 0 to 1, got " + labelSmoothing);
        }
    }

    /** No weights, no smoothing; -100 is ignored. */
    public LossCrossEntropy() {
        this(List.of(), IGNORE_INDEX, 0);
    }

    /** Returns a copy with these weights of the classes; none removes them. */
    public LossCrossEntropy withWeight(double... weight) {
        return new LossCrossEntropy(Weights.listed(weight), ignoreIndex, labelSmoothing);
    }

    /** Returns a copy that ignores labels of this index. */
    public LossCrossEntropy withIgnoreIndex(int ignoreIndex) {
        return new LossCrossEntropy(weight, ignoreIndex, labelSmoothing);
    }

    /** Returns a copy that mixes this share of the uniform distribution into the labels. */
    public LossCrossEntropy withLabelSmoothing(double labelSmoothing) {
        return new LossCrossEntropy(weight, ignoreIndex, labelSmoothing);
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(
                ActivationSoftmax.class,
                "takes logits and would apply softmax a second time. Give the layer Activation.IDENTITY");
        INDArray targets = ClassLabels.of(examples, ignoreIndex).targets(weight, labelSmoothing);
        return Terms.perRow(
                () -> LogSoftmax.of(examples.output()).crossEntropy(targets),
                () -> LogSoftmax.of(examples.output())
                        .probabilities()
                        .muliColumnVector(targets.sum(true, 1))
                        .subi(targets));
    }

    @Override
    public double[] labelWeights(INDArray labels) {
        return new ClassWeights(weight).of(labels, ignoreIndex);
    }
}
