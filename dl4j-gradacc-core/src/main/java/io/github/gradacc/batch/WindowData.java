/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The data of a window as one batch, for those who look at a network after a step: its input and labels are then those
 * of the whole window, as they are after native training on the big batch.
 *
 * <p>A window of one batch is shown as it is. A window of several is put together from copies, since iterators reuse
 * their arrays: it takes the memory of the window's features and labels, twice while they are joined. Sequences of
 * different lengths, and images of different sizes, are padded with zeros at the end. The masks of several batches are
 * not joined: they are gone when listeners are called. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class WindowData {

    private final BatchCopies copies = new BatchCopies();
    private final List<Batch> settled = new ArrayList<>();
    private @Nullable Batch latest;

    /** Makes an empty window. */
    public WindowData() {}

    /**
     * Adds a batch, by reference until {@link #settle()}.
     *
     * @param batch the batch that follows those added before
     */
    public void add(Batch batch) {
        settle();
        latest = batch;
    }

    /** Returns the batches of the window with their masks, as copies where they were settled. */
    public List<Batch> batches() {
        List<Batch> all = new ArrayList<>(settled);
        if (latest != null) {
            all.add(latest);
        }
        return all;
    }

    /** Copies the batch added last, whose arrays may then be reused. */
    public void settle() {
        if (latest != null) {
            settled.add(copies.of(latest));
            latest = null;
        }
    }

    /**
     * Returns the whole window.
     *
     * @return the batch itself if there is only one, otherwise a new batch; null if nothing was added
     */
    public @Nullable MultiDataSet merged() {
        List<Batch> all = batches();
        if (all.size() <= 1) {
            return all.isEmpty() ? null : all.get(0).data();
        }
        return joined(all);
    }

    /**
     * Joins parts of a window.
     *
     * @param all at least one, not changed
     * @return a new batch, without masks; nothing of it is a view
     */
    public static MultiDataSet joined(List<Batch> all) {
        Batch first = all.get(0);
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return new org.nd4j.linalg.dataset.MultiDataSet(
                    join(all, MultiDataSet::getFeatures, features -> 1),
                    join(all, MultiDataSet::getLabels, first::labelRows));
        }
    }

    /**
     * Forgets everything, for the next window, whose copies go into the arrays of these. A batch that was a window by
     * itself is left alone: {@link #merged()} may have given it away.
     */
    public void clear() {
        if (batches().size() > 1) {
            copies.reuse(settled);
        }
        settled.clear();
        latest = null;
    }

    private static INDArray[] join(List<Batch> all, Function<MultiDataSet, INDArray[]> arrays, IntUnaryOperator rows) {
        INDArray[] joined = new INDArray[arrays.apply(all.get(0).data()).length];
        for (int i = 0; i < joined.length; i++) {
            int at = i;
            INDArray array = Blocks.join(
                    all.stream().map(batch -> arrays.apply(batch.data())[at]).toList(), rows.applyAsInt(i));
            joined[i] = all.size() == 1 ? array.dup() : array;
        }
        return joined;
    }
}
