/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.Slice;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Masks of a single element, of one example with one time step. DL4J 1.0.0-M2.1 takes their shape [1, 1] for something
 * else: a mask per output, or no vector. So a pass never sees one:
 *
 * <ul>
 *   <li>Masks of 1 mask nothing and are left out.
 *   <li>If one of them is 0, a second example stands beside the first: the same one, masked out everywhere. It adds
 *       nothing to the gradient, and all masks have two elements.
 * </ul>
 */
final class LoneMask {

    private LoneMask() {}

    /** Returns the data without masks of a single element: as it is, without masks, or with a second example. */
    static MultiDataSet avoidedIn(MultiDataSet data) {
        double[] lone = Stream.of(data.getFeaturesMaskArrays(), data.getLabelsMaskArrays())
                .flatMap(masks -> masks == null ? Stream.of() : Arrays.stream(masks))
                .filter(LoneMask::isLone)
                .mapToDouble(mask -> mask.getDouble(0))
                .toArray();
        if (lone.length == 0) {
            return data;
        }
        return Arrays.stream(lone).allMatch(value -> value == 1) ? withoutMasks(data) : besideItself(data);
    }

    private static boolean isLone(@Nullable INDArray mask) {
        return mask != null && mask.length() == 1;
    }

    private static MultiDataSet withoutMasks(MultiDataSet data) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                data.getFeatures(),
                data.getLabels(),
                without(data.getFeaturesMaskArrays()),
                without(data.getLabelsMaskArrays()));
    }

    private static @Nullable INDArray @Nullable [] without(@Nullable INDArray @Nullable [] masks) {
        return masks == null
                ? null
                : Arrays.stream(masks).map(mask -> isLone(mask) ? null : mask).toArray(INDArray[]::new);
    }

    private static MultiDataSet besideItself(MultiDataSet data) {
        INDArray[] labelsMasks = IntStream.range(0, data.numLabelsArrays())
                .mapToObj(i -> labelsMask(data, i))
                .toArray(INDArray[]::new);
        return new org.nd4j.linalg.dataset.MultiDataSet(
                twice(data.getFeatures()),
                twice(data.getLabels()),
                maskedOut(data.getFeaturesMaskArrays()),
                labelsMasks);
    }

    private static INDArray[] twice(INDArray... arrays) {
        return Arrays.stream(arrays).map(array -> beside(array, array)).toArray(INDArray[]::new);
    }

    /** Puts two examples beside each other, row by row: labels may have several rows for an example, in blocks. */
    private static INDArray beside(INDArray one, INDArray other) {
        INDArray[] rows = new INDArray[Math.toIntExact(2 * one.size(0))];
        for (int row = 0; row < one.size(0); row++) {
            rows[2 * row] = Slice.of(one, 0, row, row + 1);
            rows[2 * row + 1] = Slice.of(other, 0, row, row + 1);
        }
        return Nd4j.concat(0, rows);
    }

    /** Labels without a mask get one: those of the second example must not count. */
    private static INDArray labelsMask(MultiDataSet data, int output) {
        INDArray[] masks = data.getLabelsMaskArrays();
        INDArray mask = masks == null ? null : masks[output];
        return maskedOut(
                mask != null
                        ? mask
                        : Nd4j.ones(
                                data.getLabels(output).dataType(),
                                data.getLabels(output).size(0),
                                1));
    }

    private static @Nullable INDArray @Nullable [] maskedOut(@Nullable INDArray @Nullable [] masks) {
        return masks == null
                ? null
                : Arrays.stream(masks)
                        .map(mask -> mask == null ? null : maskedOut(mask))
                        .toArray(INDArray[]::new);
    }

    private static INDArray maskedOut(INDArray mask) {
        return beside(mask, mask.like());
    }
}
