/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * The cosine between like and unlike vectors: {@code torch.nn.CosineEmbeddingLoss}.
 *
 * <p>For each row of two vectors a and b with label y, and e = 1e-12, rounded to FLOAT as in torch,
 *
 * <pre>
 *   cos = a.b / sqrt((|a|^2 + e) (|b|^2 + e)),   d cos / d a = b / sqrt(...) - cos a / (|a|^2 + e)
 *   y =  1: score = 1 - cos
 *   y = -1: score = max(0, cos - margin), with the derivative of cos where {@code cos >= margin}
 * </pre>
 *
 * <p><b>Output:</b> [n, 2 d], a and then b. <b>Labels:</b> [n, 1], 1 for like vectors, -1 for unlike ones. A mask has
 * one column.
 *
 * <p><b>Mean or sum:</b> one term for each row. DL4J divides by the number of examples, as torch's {@code mean} does.
 *
 * @param margin the cosine up to which unlike vectors cost nothing, from -1 to 1
 */
public record LossCosineEmbedding(
        @JsonProperty(value = "margin", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double margin) implements TorchLoss {

    private static final double EPS = 1e-12f;

    private static final String PARTS = "one vector, then the other";

    /** Checks the numbers. */
    @JsonCreator
    public LossCosineEmbedding {
        if (!(margin >= -1 && margin <= 1)) {
            throw new IllegalArgumentException("margin must be a cosine, from -1 to 1, got " + margin);
        }
    }

    /** Margin 0. */
    public LossCosineEmbedding() {
        this(0);
    }

    /** Returns a copy with this margin. */
    public LossCosineEmbedding withMargin(double margin) {
        return new LossCosineEmbedding(margin);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray a = examples.part(0, 2, PARTS);
        INDArray b = examples.part(1, 2, PARTS);
        INDArray like = examples.labels(LabelSet.SIGNS, 1).gt(0).castTo(a.dataType());
        INDArray squareA = a.mul(a).sum(true, 1).addi(EPS);
        INDArray squareB = b.mul(b).sum(true, 1).addi(EPS);
        // Two roots, as the product of two small squares would be 0 in FLOAT.
        INDArray length = Transforms.sqrt(squareA, true).muli(Transforms.sqrt(squareB, true));
        INDArray cosine = a.mul(b).sum(true, 1).divi(length);
        return Terms.perRow(
                () -> Margins.positivePart(cosine.sub(margin))
                        .muli(like.rsub(1))
                        .addi(cosine.rsub(1).muli(like)),
                () -> {
                    INDArray slope = Margins.notNegative(cosine.sub(margin))
                            .muli(like.rsub(1))
                            .subi(like);
                    INDArray across = slope.div(length);
                    INDArray along = slope.muli(cosine);
                    return Nd4j.concat(
                            1,
                            b.mulColumnVector(across).subi(a.mulColumnVector(along.div(squareA))),
                            a.mulColumnVector(across).subi(b.mulColumnVector(along.div(squareB))));
                });
    }
}
