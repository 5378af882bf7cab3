/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.Slice;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A batch cut into micro-batches along the examples.
 *
 * <p>Every micro-batch has {@code maxExamples} examples except the last, which has what is left. Their arrays are views:
 * nothing is copied, and writing to them writes to the batch. A batch that is small enough comes back as it is.
 */
public final class MicroBatches implements Iterable<MultiDataSet> {

    /** The size that leaves every batch whole. */
    public static final int WHOLE = Integer.MAX_VALUE;

    private final MultiDataSet batch;
    private final int examples;
    private final int maxExamples;

    private MicroBatches(MultiDataSet batch, int examples, int maxExamples) {
        this.batch = batch;
        this.examples = examples;
        this.maxExamples = maxExamples;
    }

    /**
     * Cuts a batch.
     *
     * @param batch a batch that {@link Examples#count} accepts
     * @param maxExamples the most examples of a micro-batch, at least 1
     * @return the micro-batches in order; they can be iterated again
     */
    public static MicroBatches of(MultiDataSet batch, int maxExamples) {
        if (maxExamples < 1) {
            throw new IllegalArgumentException("A micro-batch has at least 1 example, got a size of " + maxExamples);
        }
        return new MicroBatches(batch, Examples.count(batch), maxExamples);
    }

    /**
     * Returns how many micro-batches a batch makes.
     *
     * @param examples number of examples of the batch, at least 1
     * @param maxExamples the most examples of a micro-batch, at least 1
     */
    public static int count(int examples, int maxExamples) {
        return (examples - 1) / maxExamples + 1;
    }

    @Override
    public Iterator<MultiDataSet> iterator() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < examples;
            }

            @Override
            public MultiDataSet next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                int from = next;
                next = from + Math.min(maxExamples, examples - from);
                return part(from, next);
            }
        };
    }

    private MultiDataSet part(int from, int to) {
        if (from == 0 && to == examples) {
            return batch;
        }
        return new org.nd4j.linalg.dataset.MultiDataSet(
                part(batch.getFeatures(), from, to),
                part(batch.getLabels(), from, to),
                part(batch.getFeaturesMaskArrays(), from, to),
                part(batch.getLabelsMaskArrays(), from, to));
    }

    private static @Nullable INDArray @Nullable [] part(@Nullable INDArray @Nullable [] arrays, int from, int to) {
        if (arrays == null) {
            return null;
        }
        return Arrays.stream(arrays)
                .map(array -> array == null ? null : Slice.of(array, 0, from, to))
                .toArray(INDArray[]::new);
    }
}
