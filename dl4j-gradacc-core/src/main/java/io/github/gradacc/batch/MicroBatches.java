/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.Slice;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A batch cut into micro-batches along the examples.
 *
 * <p>They are as few as fit and as equal as possible, the larger ones first: 12 examples in micro-batches of at most 5
 * are 4 + 4 + 4, and 11 are 4 + 4 + 3. A small rest would cost a whole pass, and batch normalization would see its poor
 * statistics. The arrays are views, but for labels of several rows for each example: nothing is copied, and writing to
 * them writes to the batch. A batch that is small enough comes back as it is.
 */
@API(status = API.Status.INTERNAL)
public final class MicroBatches implements Iterable<Batch> {

    /** The size that leaves every batch whole. */
    public static final int WHOLE = Integer.MAX_VALUE;

    private final Batch batch;
    private final int count;

    private MicroBatches(Batch batch, int count) {
        this.batch = batch;
        this.count = count;
    }

    /**
     * Cuts a batch.
     *
     * @param batch the batch
     * @param maxExamples the most examples of a micro-batch, at least 1
     * @return the micro-batches in order, cut when they are asked for; they can be iterated again
     */
    public static MicroBatches of(Batch batch, int maxExamples) {
        if (maxExamples < 1) {
            throw new IllegalArgumentException("A micro-batch has at least 1 example, got a size of " + maxExamples);
        }
        return new MicroBatches(batch, (batch.examples() - 1) / maxExamples + 1);
    }

    /**
     * Avoids micro-batches of certain sizes: they become more, and smaller, as few as possible. A batch that is small
     * enough stays whole.
     *
     * @param bad tells whether a size should be avoided
     * @return such micro-batches; the same as these if they cannot be avoided
     */
    public MicroBatches avoiding(IntPredicate bad) {
        return count == 1
                ? this
                : IntStream.rangeClosed(count, batch.examples())
                        .mapToObj(more -> new MicroBatches(batch, more))
                        .filter(cut -> cut.sizes().noneMatch(bad))
                        .findFirst()
                        .orElse(this);
    }

    /** Returns the sizes that occur, the larger one first. */
    public IntStream sizes() {
        int size = batch.examples() / count;
        return batch.examples() % count == 0 ? IntStream.of(size) : IntStream.of(size + 1, size);
    }

    /** Returns the number of examples of each, in their order. */
    public List<Integer> allSizes() {
        return IntStream.range(0, count).map(this::size).boxed().toList();
    }

    private int size(int index) {
        return batch.examples() / count + (index < batch.examples() % count ? 1 : 0);
    }

    /** Returns how many micro-batches there are. */
    public int count() {
        return count;
    }

    @Override
    public Iterator<Batch> iterator() {
        return IntStream.range(0, count).mapToObj(this::part).iterator();
    }

    private Batch part(int index) {
        int from = index * (batch.examples() / count) + Math.min(index, batch.examples() % count);
        return part(batch, from, from + size(index));
    }

    /**
     * Cuts some examples out.
     *
     * @param batch the batch
     * @param from the first example
     * @param to the example after the last
     * @return as the micro-batches are: views, or the batch itself if that is all of it
     */
    public static Batch part(Batch batch, int from, int to) {
        if (from == 0 && to == batch.examples()) {
            return batch;
        }
        MultiDataSet whole = batch.data();
        return batch.with(
                new org.nd4j.linalg.dataset.MultiDataSet(
                        part(whole.getFeatures(), from, to),
                        labels(batch, whole.getLabels(), from, to),
                        part(whole.getFeaturesMaskArrays(), from, to),
                        labels(batch, whole.getLabelsMaskArrays(), from, to)),
                to - from);
    }

    private static @Nullable INDArray @Nullable [] labels(
            Batch batch, @Nullable INDArray @Nullable [] arrays, int from, int to) {
        return arrays == null
                ? null
                : IntStream.range(0, arrays.length)
                        .mapToObj(i -> arrays[i] == null ? null : Blocks.slice(arrays[i], batch.labelRows(i), from, to))
                        .toArray(INDArray[]::new);
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
