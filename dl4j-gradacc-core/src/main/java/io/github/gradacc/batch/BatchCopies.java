/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies of batches, in the arrays of copies that are no longer needed where these fit: memory off the heap does not grow
 * with the number of batches. Not thread-safe.
 */
final class BatchCopies {

    private final List<MultiDataSet> spare = new ArrayList<>();

    /**
     * Copies a batch with its masks. Shapes, types and orders of the arrays are kept, and so are the bits of whatever is
     * computed from them.
     */
    MultiDataSet of(MultiDataSet batch) {
        for (Iterator<MultiDataSet> candidates = spare.iterator(); candidates.hasNext(); ) {
            MultiDataSet candidate = candidates.next();
            if (alike(batch, candidate)) {
                candidates.remove();
                overwrite(candidate, batch);
                return candidate;
            }
        }
        return newCopy(batch);
    }

    /**
     * Takes back copies that nobody reads any more. Those taken back before are forgotten, so that batches of ever new
     * shapes pile up nothing.
     */
    void reuse(Collection<MultiDataSet> copies) {
        spare.clear();
        spare.addAll(copies);
    }

    private static MultiDataSet newCopy(MultiDataSet batch) {
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return new org.nd4j.linalg.dataset.MultiDataSet(
                    newCopy(batch.getFeatures()),
                    newCopy(batch.getLabels()),
                    newCopy(batch.getFeaturesMaskArrays()),
                    newCopy(batch.getLabelsMaskArrays()));
        }
    }

    private static @Nullable INDArray @Nullable [] newCopy(@Nullable INDArray @Nullable [] arrays) {
        return arrays == null
                ? null
                : Arrays.stream(arrays)
                        .map(array -> array == null ? null : array.dup(array.ordering()))
                        .toArray(INDArray[]::new);
    }

    private static void overwrite(MultiDataSet copy, MultiDataSet batch) {
        List<@Nullable INDArray> targets = arrays(copy);
        List<@Nullable INDArray> sources = arrays(batch);
        for (int i = 0; i < targets.size(); i++) {
            INDArray target = targets.get(i);
            INDArray source = sources.get(i);
            if (target != null && source != null) {
                target.assign(source);
            }
        }
    }

    private static boolean alike(MultiDataSet one, MultiDataSet other) {
        List<@Nullable INDArray> left = arrays(one);
        List<@Nullable INDArray> right = arrays(other);
        return one.numFeatureArrays() == other.numFeatureArrays()
                && left.size() == right.size()
                && IntStream.range(0, left.size()).allMatch(i -> alike(left.get(i), right.get(i)));
    }

    private static boolean alike(@Nullable INDArray one, @Nullable INDArray other) {
        if (one == null || other == null) {
            return one == null && other == null;
        }
        return one.dataType() == other.dataType() && one.ordering() == other.ordering() && one.equalShapes(other);
    }

    /** All arrays in order: features, labels, and a mask or null for each. */
    private static List<@Nullable INDArray> arrays(MultiDataSet batch) {
        List<@Nullable INDArray> all = new ArrayList<>();
        all.addAll(Arrays.asList(batch.getFeatures()));
        all.addAll(Arrays.asList(batch.getLabels()));
        addMasks(all, batch.getFeaturesMaskArrays(), batch.numFeatureArrays());
        addMasks(all, batch.getLabelsMaskArrays(), batch.numLabelsArrays());
        return all;
    }

    private static void addMasks(
            List<@Nullable INDArray> all, @Nullable INDArray @Nullable [] masks, int arraysWithOne) {
        for (int i = 0; i < arraysWithOne; i++) {
            all.add(masks == null || i >= masks.length ? null : masks[i]);
        }
    }
}
