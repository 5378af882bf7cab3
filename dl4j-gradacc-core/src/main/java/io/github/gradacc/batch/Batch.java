/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.Arrays;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Data that has been checked, with its number of examples: a batch, or a part of one. Checked once, when it enters; its
 * parts need no second look.
 */
@API(status = API.Status.INTERNAL)
public final class Batch {

    private final MultiDataSet data;
    private final int examples;

    private Batch(MultiDataSet data, int examples) {
        this.data = data;
        this.examples = examples;
    }

    /**
     * Checks a batch and counts its examples: dimension 0 of every array in it.
     *
     * @param data the batch, not copied
     * @throws IllegalArgumentException if features or labels are missing or empty, if two arrays (masks included)
     *     differ in their number of examples, or if there are masks but not one, or null, for each array
     */
    public static Batch of(@Nullable MultiDataSet data) {
        if (data == null) {
            throw new IllegalArgumentException("A batch is needed, got null");
        }
        requireAll("features", data.getFeatures());
        requireAll("labels", data.getLabels());
        long examples = data.getFeatures(0).size(0);
        requireSame("features", data.getFeatures(), examples);
        requireSame("labels", data.getLabels(), examples);
        requireSame("features mask", data.getFeaturesMaskArrays(), examples);
        requireSame("labels mask", data.getLabelsMaskArrays(), examples);
        requireMasks("feature", data.numFeatureArrays(), data.getFeaturesMaskArrays());
        requireMasks("label", data.numLabelsArrays(), data.getLabelsMaskArrays());
        if (examples > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("DL4J counts the examples of a batch in an int; " + examples
                    + " are too many: use smaller batches");
        }
        return new Batch(data, (int) examples);
    }

    /** Wraps a part or a copy of a batch, which needs no check. */
    static Batch of(MultiDataSet part, int examples) {
        return new Batch(part, examples);
    }

    /** Returns the arrays, not a copy. */
    public MultiDataSet data() {
        return data;
    }

    /** Returns the number of examples, at least 1. */
    public int examples() {
        return examples;
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
                                + " (shape " + Arrays.toString(array.shape()) + ")");
            }
        }
    }

    private static void requireMasks(String what, int arrays, @Nullable INDArray @Nullable [] masks) {
        if (masks != null && masks.length != arrays) {
            throw new IllegalArgumentException(
                    "The batch has " + arrays + " " + what + " arrays and " + masks.length + " " + what
                            + " masks: give one mask for each array, null for an array without one, or no masks at"
                            + " all");
        }
    }
}
