/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.Slice;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Batches cut along time, as truncated BPTT sees them.
 *
 * <p>Arrays of rank 3, shape [examples, values, time], are cut, and masks, shape [examples, time]; all others belong to
 * every segment whole. Segments are views.
 */
public final class TimeSegments {

    private static final int SEQUENCE_RANK = 3;
    private static final int TIME = 2;
    private static final int MASK_TIME = 1;

    private TimeSegments() {}

    /**
     * Counts the segments of a batch.
     *
     * @param batch a batch whose sequences are of one length
     * @param length time steps of a segment, at least 1
     * @return the number of segments, the last of which may be shorter; 1 if there are no sequences
     */
    public static int count(MultiDataSet batch, int length) {
        return Math.toIntExact((timeSteps(batch) + length - 1) / length);
    }

    /**
     * Cuts out one segment.
     *
     * @param batch a batch whose sequences are of one length
     * @param segment position of the segment, from 0
     * @param length time steps of a segment, at least 1
     * @return the segment, or empty if the sequences ended before
     */
    public static Optional<MultiDataSet> cut(MultiDataSet batch, int segment, int length) {
        long steps = timeSteps(batch);
        long from = (long) segment * length;
        long to = Math.min(from + length, steps);
        if (from >= steps) {
            return Optional.empty();
        }
        if (from == 0 && to == steps) {
            return Optional.of(batch);
        }
        return Optional.of(new org.nd4j.linalg.dataset.MultiDataSet(
                sequences(batch.getFeatures(), from, to),
                sequences(batch.getLabels(), from, to),
                masks(batch.getFeaturesMaskArrays(), from, to),
                masks(batch.getLabelsMaskArrays(), from, to)));
    }

    private static long timeSteps(MultiDataSet batch) {
        return Stream.of(batch.getFeatures(), batch.getLabels())
                .flatMap(Arrays::stream)
                .filter(array -> array.rank() == SEQUENCE_RANK)
                .mapToLong(array -> array.size(TIME))
                .findFirst()
                .orElse(1);
    }

    private static INDArray[] sequences(INDArray[] arrays, long from, long to) {
        return Arrays.stream(arrays)
                .map(array -> array.rank() == SEQUENCE_RANK ? Slice.of(array, TIME, from, to) : array)
                .toArray(INDArray[]::new);
    }

    private static @Nullable INDArray @Nullable [] masks(@Nullable INDArray @Nullable [] masks, long from, long to) {
        return masks == null
                ? null
                : Arrays.stream(masks)
                        .map(mask -> mask == null ? null : Slice.of(mask, MASK_TIME, from, to))
                        .toArray(INDArray[]::new);
    }
}
