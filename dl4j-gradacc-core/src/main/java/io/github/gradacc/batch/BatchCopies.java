/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.ArrayCopy;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies of batches, in the arrays of copies that are no longer needed where these fit: memory off the heap does not
 * grow with the number of batches. Not thread-safe.
 */
final class BatchCopies {

    private final Deque<Batch> spare = new ArrayDeque<>();

    /** Copies a batch with its masks. */
    Batch of(Batch original) {
        MultiDataSet batch = original.data();
        MultiDataSet memory = spare.isEmpty()
                ? new org.nd4j.linalg.dataset.MultiDataSet()
                : spare.remove().data();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            MultiDataSet copy = new org.nd4j.linalg.dataset.MultiDataSet(
                    copy(batch.getFeatures(), memory.getFeatures()),
                    copy(batch.getLabels(), memory.getLabels()),
                    copy(batch.getFeaturesMaskArrays(), memory.getFeaturesMaskArrays()),
                    copy(batch.getLabelsMaskArrays(), memory.getLabelsMaskArrays()));
            return original.with(copy, original.examples());
        }
    }

    /**
     * Takes back copies that nobody reads any more. Those taken back before are forgotten, so that batches of ever new
     * shapes pile up nothing.
     */
    void reuse(Collection<Batch> copies) {
        spare.clear();
        spare.addAll(copies);
    }

    private static @Nullable INDArray @Nullable [] copy(
            @Nullable INDArray @Nullable [] arrays, @Nullable INDArray @Nullable [] memory) {
        if (arrays == null) {
            return null;
        }
        @Nullable INDArray[] copies = new @Nullable INDArray[arrays.length];
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = arrays[i];
            copies[i] =
                    array == null ? null : ArrayCopy.of(array, memory == null || i >= memory.length ? null : memory[i]);
        }
        return copies;
    }
}
