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
 * Logistic loss of two classes: {@code torch.nn.SoftMarginLoss}.
 *
 * <p>For each output x with label y, {@code term = log(1 + e^(-y x))} and
 * {@code d term / d x = -y sigmoid(-y x)}. Both are finite for any finite x, where torch's loss is infinite and its
 * gradient NaN once {@code -y x} is above 709.
 *
 * <p><b>Output:</b> [n, k], any numbers. <b>Labels:</b> [n, k], each -1 or 1.
 *
 * <p><b>Mean or sum:</b> a row's k terms are divided by k (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param reduction of a row's terms
 */
public record LossSoftMargin(
        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction) implements TorchLoss {

    /** For JSON. */
    @JsonCreator
    public LossSoftMargin {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** The mean. */
    public LossSoftMargin() {
        this(Reduction.MEAN);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossSoftMargin withReduction(Reduction reduction) {
        return new LossSoftMargin(reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray y = examples.labels(LabelSet.SIGNS, examples.columns());
        INDArray distance = examples.output().mul(y).negi();
        return Terms.perLabel(
                y,
                reduction,
                () -> Logistic.softplus(distance),
                () -> Transforms.sigmoid(distance, true).muli(y).negi());
    }
}
