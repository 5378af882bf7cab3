/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The number of examples of a batch, and the checks that make that number meaningful. */
public final class Examples {

    private Examples() {}

    /**
     * Counts the examples of a batch: dimension 0 of every array in it.
     *
     * @param batch the batch, not changed
     * @return the number of examples, at least 1
     * @throws IllegalArgumentException if features or labels are missing or empty, or if two arrays (masks included) differ
     *     in their number of examples
     */
    public static int count(@Nullable MultiDataSet batch) {
        if (batch == null) {
            throw new IllegalArgumentException("A batch is needed, got null");
        }
        requireAll("features", batch.getFeatures());
        requireAll("labels", batch.getLabels());
        long examples = batch.getFeatures(0).size(0);
        requireSame("features", batch.getFeatures(), examples);
        requireSame("labels", batch.getLabels(), examples);
        requireSame("features mask", batch.getFeaturesMaskArrays(), examples);
        requireSame("labels mask", batch.getLabelsMaskArrays(), examples);
        if (examples > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("DL4J counts the examples of a batch in an int; " + examples
                    + " are too many: use smaller batches");
        }
        return (int) examples;
    }

    private static void requireAll(String name, INDArray @Nullable [] arrays) {
        if (arrays == null || arrays.length == 0) {
            throw new IllegalArgumentException(
                    "A batch needs features and labels, but its " + name + " are null; training needs both");
        }
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = arrays[i];
            if (array == null) {
                throw new IllegalArgumentException(
                        "A batch needs features and labels, but " + name + "[" + i + "] is null");
            }
            if (array.isEmpty() || array.rank() == 0 || array.length() == 0) {
                throw new IllegalArgumentException("A batch needs at least one example, but " + name + "[" + i
                        + "] has shape " + Arrays.toString(array.shape()));
            }
        }
    }

    private static void requireSame(String name, @Nullable INDArray @Nullable [] arrays, long examples) {
        if (arrays == null) {
            return;
        }
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = arrays[i];
            if (array != null && array.size(0) != examples) {
                throw new IllegalArgumentException(
                        "All arrays of a batch need the same number of examples (dimension 0): "
                                + "features[0] has " + examples + ", " + name + "[" + i + "] has " + array.size(0)
                                + " (shape "
                                + Arrays.toString(array.shape()) + ")");
            }
        }
    }
}
