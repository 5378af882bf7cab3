/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.Slice;
import io.github.gradacc.dl4j.Accumulation;
import io.github.gradacc.dl4j.Network;
import java.util.Arrays;
import java.util.List;
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

    private static final int SEQUENCE_RANK = 3;

    private LoneMask() {}

    /** Returns the data without masks of a single element: as it is, without masks, or with a second example. */
    static MultiDataSet avoidedIn(MultiDataSet data, Network network) {
        double[] lone = Stream.of(data.getFeaturesMaskArrays(), data.getLabelsMaskArrays())
                .flatMap(masks -> masks == null ? Stream.of() : Arrays.stream(masks))
                .filter(LoneMask::isLone)
                .mapToDouble(mask -> mask.getDouble(0))
                .toArray();
        if (lone.length == 0) {
            return data;
        }
        return Arrays.stream(lone).allMatch(value -> value == 1) ? withoutMasks(data) : besideItself(data, network);
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

    private static MultiDataSet besideItself(MultiDataSet data, Network network) {
        requireNoCenters(network);
        @Nullable INDArray[] featuresMasks = maskedOut(data.getFeaturesMaskArrays());
        List<Boolean> masked = network.masksAtOutputs(featuresMasks);
        INDArray[] labelsMasks = IntStream.range(0, data.numLabelsArrays())
                .mapToObj(i -> labelsMask(data, i, masked.get(i)))
                .toArray(INDArray[]::new);
        return new org.nd4j.linalg.dataset.MultiDataSet(
                twice(data.getFeatures()), twice(data.getLabels()), featuresMasks, labelsMasks);
    }

    /** Center loss knows no masks: its centers and their term would count both examples. */
    private static void requireNoCenters(Network network) {
        if (network.layers().stream().anyMatch(layer -> layer.facts().accumulation() == Accumulation.CLASS_CENTERS)) {
            throw new IllegalStateException(
                    "A micro-batch of one example has a mask of the single element 0, which DL4J 1.0.0-M2.1 takes for"
                            + " something else, and with center loss the trainer cannot get round that: use a"
                            + " microBatchSize that leaves no single example");
        }
    }

    private static INDArray[] twice(INDArray... arrays) {
        return Arrays.stream(arrays).map(array -> beside(array, array)).toArray(INDArray[]::new);
    }

    /** Puts two examples beside each other, row by row: arrays may have several rows for an example, in blocks. */
    static INDArray beside(INDArray one, INDArray other) {
        INDArray[] rows = new INDArray[Math.toIntExact(2 * one.size(0))];
        for (int row = 0; row < one.size(0); row++) {
            rows[2 * row] = Slice.of(one, 0, row, row + 1);
            rows[2 * row + 1] = Slice.of(other, 0, row, row + 1);
        }
        return Nd4j.concat(0, rows);
    }

    /** Takes the first of two examples that stand beside each other: every second row. */
    static INDArray first(INDArray both) {
        INDArray[] rows = new INDArray[Math.toIntExact(both.size(0) / 2)];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = Slice.of(both, 0, 2L * row, 2L * row + 1);
        }
        return rows.length == 1 ? rows[0] : Nd4j.concat(0, rows);
    }

    /**
     * Labels without a mask get one, as those of the second example must not count; unless the mask of the features
     * reaches the output and is in force there.
     */
    private static @Nullable INDArray labelsMask(MultiDataSet data, int output, boolean isMasked) {
        INDArray[] masks = data.getLabelsMaskArrays();
        INDArray mask = masks == null ? null : masks[output];
        if (mask == null && isMasked) {
            return null;
        }
        return maskedOut(mask != null ? mask : ones(data.getLabels(output)));
    }

    private static INDArray ones(INDArray labels) {
        long steps = labels.rank() == SEQUENCE_RANK ? labels.size(2) : 1;
        return Nd4j.ones(labels.dataType(), labels.size(0), steps);
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
