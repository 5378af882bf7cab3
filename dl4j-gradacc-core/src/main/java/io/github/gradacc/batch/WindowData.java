/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The data of a window as one batch, for those who look at a network after a step: its input and labels are then those of
 * the whole window, as they are after native training on the big batch.
 *
 * <p>A window of one batch is shown as it is. A window of several is put together from copies, since iterators reuse their
 * arrays: it takes the memory of the window's features, labels and masks, twice while they are joined. Sequences of
 * different lengths are padded and masked as {@code MultiDataSet.merge} does. Not thread-safe.
 */
public final class WindowData {

    private final List<MultiDataSet> settled = new ArrayList<>();
    private @Nullable MultiDataSet latest;

    /** Makes an empty window. */
    public WindowData() {}

    /**
     * Adds a batch, by reference until {@link #settle()}.
     *
     * @param batch the batch that follows those added before
     */
    public void add(MultiDataSet batch) {
        settle();
        latest = batch;
    }

    /** Copies the batch added last, whose arrays may then be reused. */
    public void settle() {
        if (latest != null) {
            settled.add(copy(latest));
            latest = null;
        }
    }

    /**
     * Returns the whole window.
     *
     * @return the batch itself if there is only one, otherwise a new batch; null if nothing was added
     */
    public @Nullable MultiDataSet merged() {
        List<MultiDataSet> all = new ArrayList<>(settled);
        if (latest != null) {
            all.add(latest);
        }
        if (all.size() <= 1) {
            return all.isEmpty() ? null : all.get(0);
        }
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return org.nd4j.linalg.dataset.MultiDataSet.merge(all);
        }
    }

    /** Forgets everything, for the next window. */
    public void clear() {
        settled.clear();
        latest = null;
    }

    private static MultiDataSet copy(MultiDataSet batch) {
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return new org.nd4j.linalg.dataset.MultiDataSet(
                    copy(batch.getFeatures()),
                    copy(batch.getLabels()),
                    copy(batch.getFeaturesMaskArrays()),
                    copy(batch.getLabelsMaskArrays()));
        }
    }

    private static @Nullable INDArray @Nullable [] copy(@Nullable INDArray @Nullable [] arrays) {
        if (arrays == null) {
            return null;
        }
        return Arrays.stream(arrays)
                .map(array -> array == null ? null : array.dup())
                .toArray(INDArray[]::new);
    }
}
