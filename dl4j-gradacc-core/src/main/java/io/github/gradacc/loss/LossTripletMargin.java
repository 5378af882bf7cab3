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
 * An anchor should be nearer to a positive example than to a negative one: {@code torch.nn.TripletMarginLoss}
 * (Balntas et al. 2016, "Learning local feature descriptors with triplets and shallow convolutional neural networks").
 *
 * <p>For each row of an anchor a, a positive b and a negative c, and {@code d(x, y) = |x - y + eps|_p},
 *
 * <pre>
 *   score = max(0, margin + d(a, b) - d(a, c)),   with swap: max(0, margin + d(a, b) - min(d(a, c), d(b, c)))
 * </pre>
 *
 * <p>where eps is added to every component. The derivative of {@code |v|_p} is {@code sign(v) (|v| / |v|_p)^(p - 1)},
 * and 0 for v = 0; it passes where the score is 0 at the kink. If both distances of a swap are equal, d(a, c) counts,
 * where torch takes half of each.
 *
 * <p><b>Output:</b> [n, 3 d], anchor, positive, negative. <b>Labels:</b> [n, 1], which are not read: DL4J wants some. A
 * mask has one column.
 *
 * <p><b>Mean or sum:</b> one term for each row. DL4J divides by the number of examples, as torch's {@code mean} does.
 *
 * @param margin finite
 * @param p the norm, finite and at least 1
 * @param eps added to each difference, finite and at least 0
 * @param swap tells whether the negative's distance is the smaller of those to anchor and positive
 */
public record LossTripletMargin(
        @JsonProperty(value = "margin", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double margin,

        @JsonProperty(value = "p", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double p,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps,

        @JsonProperty(value = "swap", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean swap)
        implements TorchLoss {

    private static final String PARTS = "anchor, positive, negative";

    /** Checks the numbers. */
    @JsonCreator
    public LossTripletMargin {
        Margins.check(margin);
        if (!(p >= 1 && p < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("p must be finite and at least 1, got " + p);
        }
        if (!(eps >= 0 && eps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eps must be finite and at least 0, got " + eps);
        }
    }

    /** Margin 1, Euclidean distance, eps 1e-6, no swap. */
    public LossTripletMargin() {
        this(1, 2, 1e-6, false);
    }

    /** Returns a copy with this margin. */
    public LossTripletMargin withMargin(double margin) {
        return new LossTripletMargin(margin, p, eps, swap);
    }

    /** Returns a copy with this norm. */
    public LossTripletMargin withP(double p) {
        return new LossTripletMargin(margin, p, eps, swap);
    }

    /** Returns a copy that adds this to differences. */
    public LossTripletMargin withEps(double eps) {
        return new LossTripletMargin(margin, p, eps, swap);
    }

    /** Returns a copy with the distance swap, or without it. */
    public LossTripletMargin withSwap(boolean swap) {
        return new LossTripletMargin(margin, p, eps, swap);
    }

    @Override
    public Terms terms(Examples examples) {
        INDArray anchor = examples.part(0, 3, PARTS);
        INDArray positive = examples.part(1, 3, PARTS);
        INDArray negative = examples.part(2, 3, PARTS);
        Distance near = distance(anchor, positive);
        Distance far = distance(anchor, negative);
        if (!swap) {
            INDArray u = near.length.sub(far.length).addi(margin);
            return Terms.perRow(() -> Margins.positivePart(u.dup()), () -> {
                INDArray passes = Margins.notNegative(u);
                INDArray ofNear = near.slopes(passes);
                INDArray ofFar = far.slopes(passes);
                return Nd4j.concat(1, ofNear.sub(ofFar), ofNear.neg(), ofFar);
            });
        }
        Distance swapped = distance(positive, negative);
        INDArray isSwapped = swapped.length.lt(far.length).castTo(anchor.dataType());
        INDArray smaller = Transforms.min(far.length, swapped.length, true);
        INDArray u = near.length.sub(smaller).addi(margin);
        return Terms.perRow(() -> Margins.positivePart(u.dup()), () -> {
            INDArray passes = Margins.notNegative(u);
            INDArray ofNear = near.slopes(passes);
            INDArray ofFar = far.slopes(passes.mul(isSwapped.rsub(1)));
            INDArray ofSwapped = swapped.slopes(passes.mul(isSwapped));
            return Nd4j.concat(1, ofNear.sub(ofFar), ofNear.add(ofSwapped).negi(), ofFar.add(ofSwapped));
        });
    }

    private Distance distance(INDArray x, INDArray y) {
        return Distance.of(x.sub(y).addi(eps), p);
    }

    /** The norms of the rows of an array v of differences. */
    private record Distance(INDArray v, INDArray length, double p) {

        static Distance of(INDArray v, double p) {
            INDArray magnitudes = Transforms.abs(v, true);
            INDArray length = p == 1
                    ? magnitudes.sum(true, 1)
                    : Transforms.pow(Transforms.pow(magnitudes, p, false).sum(true, 1), 1 / p, false);
            return new Distance(v, length, p);
        }

        /** The derivatives with respect to v, each row times a factor. */
        INDArray slopes(INDArray factor) {
            if (p == 1) {
                return Transforms.sign(v, true).muliColumnVector(factor);
            }
            // A length of 0 has differences of 0, so any divisor gives slopes of 0.
            INDArray divisor = length.add(length.eq(0).castTo(length.dataType()));
            INDArray ratio = v.divColumnVector(divisor);
            INDArray slopes = p == 2
                    ? ratio
                    : Transforms.pow(Transforms.abs(ratio, true), p - 1, false).muli(Transforms.sign(v, true));
            return slopes.muliColumnVector(factor);
        }
    }
}
