/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Which of two outputs should be the larger: {@code torch.nn.MarginRankingLoss}.
 *
 * <p>For each row (x1, x2) with label y, and {@code u = margin - y (x1 - x2)},
 *
 * <pre>
 *   score          = max(0, u)
 *   d score / d x1 = -y if u &gt;= 0, otherwise 0,   d score / d x2 = -d score / d x1
 * </pre>
 *
 * <p><b>Output:</b> [n, 2]. <b>Labels:</b> [n, 1], 1 where x1 should be larger, -1 where x2 should be. A mask has one
 * column.
 *
 * <p><b>Mean or sum:</b> one term for each row. DL4J divides by the number of examples, as torch's {@code mean} does.
 *
 * @param margin by how much the one should be larger, finite
 */
public record LossMarginRanking(
        @JsonProperty(value = "margin", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double margin) implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossMarginRanking {
        Margins.check(margin);
    }

    /** Margin 0. */
    public LossMarginRanking() {
        this(0);
    }

    /** Returns a copy with this margin. */
    public LossMarginRanking withMargin(double margin) {
        return new LossMarginRanking(margin);
    }

    @Override
    public Terms terms(Examples examples) {
        if (examples.columns() != 2) {
            throw examples.error("the output of a row is the two numbers to be ranked, got " + examples.columns());
        }
        INDArray y = examples.labels(LabelSet.SIGNS, 1);
        INDArray u = examples.part(0, 2, "x1, then x2")
                .subi(examples.part(1, 2, "x1, then x2"))
                .muli(y)
                .rsubi(margin);
        return Terms.perRow(() -> Margins.positivePart(u.dup()), () -> {
            INDArray slope = Margins.notNegative(u).muli(y);
            return Nd4j.concat(1, slope.neg(), slope);
        });
    }
}
