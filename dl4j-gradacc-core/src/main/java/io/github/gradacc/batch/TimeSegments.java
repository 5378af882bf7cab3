/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.Slice;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The rules of time in truncated BPTT, and batches cut along it.
 *
 * <p>Arrays of rank 3, shape [examples, values, time], are sequences and are cut, and masks, shape [examples, time];
 * all others belong to every segment whole. Segments are views.
 */
@API(status = API.Status.INTERNAL)
public final class TimeSegments {

    private static final int SEQUENCE_RANK = 3;
    private static final int TIME = 2;
    private static final int MASK_RANK = 2;
    private static final int MASK_TIME = 1;

    private TimeSegments() {}

    /**
     * Checks that a batch can be cut: labels are sequences, and all sequences and their masks have the same length.
     * Where native training logs a line and goes on without a step, or cuts along the wrong dimension, there is an
     * error here.
     *
     * @param features whether the features must be sequences, too
     * @throws IllegalArgumentException if the batch cannot be cut
     */
    public static void require(Batch batch, boolean features) {
        MultiDataSet data = batch.data();
        if (features) {
            requireSequences("features", data.getFeatures());
        }
        requireSequences("labels", data.getLabels());
        long steps = timeSteps(data);
        sequencesOf(data).forEach(array -> requireSame("sequences", steps, array, TIME));
        requireMasks(steps, data.getFeaturesMaskArrays());
        requireMasks(steps, data.getLabelsMaskArrays());
    }

    /**
     * Counts the segments of a batch.
     *
     * @param batch a batch whose sequences are of one length
     * @param length time steps of a segment, at least 1
     * @return the number of segments, the last of which may be shorter; 1 if there are no sequences
     */
    public static int count(Batch batch, int length) {
        return Math.toIntExact((timeSteps(batch.data()) + length - 1) / length);
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

    private static boolean isSequence(INDArray array) {
        return array.rank() == SEQUENCE_RANK;
    }

    private static Stream<INDArray> sequencesOf(MultiDataSet batch) {
        return Stream.of(batch.getFeatures(), batch.getLabels())
                .flatMap(Arrays::stream)
                .filter(TimeSegments::isSequence);
    }

    private static long timeSteps(MultiDataSet batch) {
        return sequencesOf(batch)
                .mapToLong(array -> array.size(TIME))
                .findFirst()
                .orElse(1);
    }

    private static INDArray[] sequences(INDArray[] arrays, long from, long to) {
        return Arrays.stream(arrays)
                .map(array -> isSequence(array) ? Slice.of(array, TIME, from, to) : array)
                .toArray(INDArray[]::new);
    }

    private static @Nullable INDArray @Nullable [] masks(@Nullable INDArray @Nullable [] masks, long from, long to) {
        return masks == null
                ? null
                : Arrays.stream(masks)
                        .map(mask -> mask == null ? null : Slice.of(mask, MASK_TIME, from, to))
                        .toArray(INDArray[]::new);
    }

    private static void requireSequences(String what, INDArray[] arrays) {
        for (INDArray array : arrays) {
            if (!isSequence(array)) {
                throw new IllegalArgumentException(
                        "In truncated BPTT features and labels are sequences, shape [examples, values,"
                                + " time]; the " + what + " have shape " + Arrays.toString(array.shape())
                                + ": give " + what + " for each time step (masked where there are none), or use"
                                + " backpropType(BackpropType.Standard)");
            }
        }
    }

    private static void requireMasks(long steps, @Nullable INDArray @Nullable [] masks) {
        if (masks == null) {
            return;
        }
        for (INDArray mask : masks) {
            if (mask != null && mask.rank() != MASK_RANK) {
                throw new IllegalArgumentException(
                        "In truncated BPTT masks are cut along time, their shape is [examples, time]; got "
                                + Arrays.toString(mask.shape()));
            }
            if (mask != null) {
                requireSame("sequences and their masks", steps, mask, MASK_TIME);
            }
        }
    }

    private static void requireSame(String what, long expected, INDArray array, int time) {
        long steps = array.size(time);
        if (expected != steps) {
            throw new IllegalArgumentException(
                    "In truncated BPTT all " + what + " of a batch have the same number of time"
                            + " steps: " + expected + " and " + steps + " (shape " + Arrays.toString(array.shape())
                            + ") do not fit; pad the shorter ones and mask the padding");
        }
    }
}
