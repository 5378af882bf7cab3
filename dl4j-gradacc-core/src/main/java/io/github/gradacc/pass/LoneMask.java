/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

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
        return Arrays.stream(arrays).map(array -> Nd4j.concat(0, array, array)).toArray(INDArray[]::new);
    }

    /** Labels without a mask get one: those of the second example must not count. */
    private static INDArray labelsMask(MultiDataSet data, int output) {
        INDArray[] masks = data.getLabelsMaskArrays();
        INDArray mask = masks == null ? null : masks[output];
        return maskedOut(mask != null ? mask : Nd4j.ones(data.getLabels(output).dataType(), 1, 1));
    }

    private static @Nullable INDArray @Nullable [] maskedOut(@Nullable INDArray @Nullable [] masks) {
        return masks == null
                ? null
                : Arrays.stream(masks)
                        .map(mask -> mask == null ? null : maskedOut(mask))
                        .toArray(INDArray[]::new);
    }

    private static INDArray maskedOut(INDArray mask) {
        return Nd4j.concat(0, mask, mask.like());
    }
}
