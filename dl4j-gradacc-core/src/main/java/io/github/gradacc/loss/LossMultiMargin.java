/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * By how much the score of the right class exceeds those of the others: {@code torch.nn.MultiMarginLoss} (Crammer and
 * Singer 2001, "On the algorithmic implementation of multiclass kernel-based vector machines").
 *
 * <p>For each row of C scores x with class y, and {@code u[i] = margin - x[y] + x[i]},
 *
 * <pre>
 *   score            = w[y] sum_(i != y) max(0, u[i])^p / C
 *   d score / d x[i] = w[y] p u[i]^(p - 1) / C   where u[i] &gt; 0 and i != y, otherwise 0
 *   d score / d x[y] = -sum_(i != y) d score / d x[i]
 * </pre>
 *
 * <p><b>Output:</b> [n, C], any numbers. <b>Labels:</b> class indices [n, 1], or one-hot rows [n, C]. A mask has one
 * column.
 *
 * <p><b>Mean or sum:</b> the formula divides by C. DL4J divides by the number of examples, as torch's {@code mean}
 * does, also if there are weights.
 *
 * @param p 1 or 2
 * @param margin finite
 * @param weight a weight for each class, finite and at least 0; empty for none
 */
public record LossMultiMargin(
        @JsonProperty(value = "p", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int p,

        @JsonProperty(value = "margin", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double margin,

        @JsonProperty(value = "weight", required = true) @JsonSetter(nulls = Nulls.FAIL)
        List<Double> weight)
        implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossMultiMargin {
        if (p != 1 && p != 2) {
            throw new IllegalArgumentException("p must be 1 or 2, got " + p);
        }
        Margins.check(margin);
        weight = Weights.checked("weight", weight);
    }

    /** Power 1, margin 1, no weights. */
    public LossMultiMargin() {
        this(1, 1, List.of());
    }

    /** Returns a copy with this power of the margins. */
    public LossMultiMargin withP(int p) {
        return new LossMultiMargin(p, margin, weight);
    }

    /** Returns a copy with this margin. */
    public LossMultiMargin withMargin(double margin) {
        return new LossMultiMargin(p, margin, weight);
    }

    /** Returns a copy with these weights of the classes; none removes them. */
    public LossMultiMargin withWeight(double... weight) {
        return new LossMultiMargin(p, margin, Weights.listed(weight));
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray x = examples.output();
        ClassLabels labels = ClassLabels.certain(examples);
        INDArray right = labels.targets(List.of(), 0);
        INDArray factor = labels.targets(weight, 0).sum(true, 1).divi(x.size(1));
        INDArray u = x.subColumnVector(x.mul(right).sum(true, 1)).addi(margin);
        // The right class itself, and rows whose label does not count, have no margin to keep.
        INDArray excess = Margins.positivePart(u).muli(right.rsub(1));
        return Terms.perRow(
                () -> (p == 1 ? excess : excess.mul(excess)).sum(true, 1).muli(factor), () -> {
                    INDArray others = p == 1 ? excess.gt(0).castTo(x.dataType()) : excess.mul(2);
                    others.muliColumnVector(factor);
                    return others.subi(right.mulColumnVector(others.sum(true, 1)));
                });
    }
}
