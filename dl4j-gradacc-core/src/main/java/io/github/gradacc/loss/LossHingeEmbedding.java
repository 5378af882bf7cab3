/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Distances of like and unlike pairs: {@code torch.nn.HingeEmbeddingLoss}.
 *
 * <p>For each distance x with label y,
 *
 * <pre>
 *   y =  1: term = x,                    d term / d x = 1
 *   y = -1: term = max(0, margin - x),   d term / d x = -1 if x &lt;= margin, otherwise 0
 * </pre>
 *
 * <p><b>Output:</b> [n, d], any numbers. <b>Labels:</b> [n, d], 1 for like pairs, -1 for unlike ones.
 *
 * <p><b>Mean or sum:</b> a row's d terms are divided by d (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param margin the distance from which unlike pairs cost nothing, finite
 * @param reduction of a row's terms
 */
public record LossHingeEmbedding(
        @JsonProperty(value = "margin", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double margin,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossHingeEmbedding {
        Margins.check(margin);
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Margin 1, the mean. */
    public LossHingeEmbedding() {
        this(1, Reduction.MEAN);
    }

    /** Returns a copy with this margin. */
    public LossHingeEmbedding withMargin(double margin) {
        return new LossHingeEmbedding(margin, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossHingeEmbedding withReduction(Reduction reduction) {
        return new LossHingeEmbedding(margin, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray x = examples.output();
        INDArray y = examples.labels(LabelSet.SIGNS, x.size(1));
        INDArray like = y.gt(0).castTo(x.dataType());
        return Terms.perLabel(
                y,
                reduction,
                () -> {
                    INDArray unlike = Margins.positivePart(x.rsub(margin)).muli(like.rsub(1));
                    return unlike.addi(x.mul(like));
                },
                // 1 where like, minus 1 where unlike and within the margin.
                () -> Margins.notNegative(x.rsub(margin)).muli(like.sub(1)).addi(like));
    }
}
