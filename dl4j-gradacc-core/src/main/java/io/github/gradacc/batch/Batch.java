/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import java.util.Arrays;
import java.util.stream.IntStream;
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

    private static final int IMAGE_RANK = 4;

    private final MultiDataSet data;
    private final int examples;
    private final int[] labelRows;

    private Batch(MultiDataSet data, int examples, int... labelRows) {
        this.data = data;
        this.examples = examples;
        this.labelRows = labelRows;
    }

    /**
     * Checks a batch and counts its examples: dimension 0 of every array in it, but for the labels that have several
     * rows for each example, in as many blocks.
     *
     * @param data the batch, not copied
     * @param labelRows for each label array how many rows it has for each example; 1 where nothing is given
     * @throws IllegalArgumentException if features or labels are missing or empty, if two arrays (masks included)
     *     differ in their number of examples, if there are masks but not one, or null, for each array, or if the mask
     *     of images has not their height and width
     */
    public static Batch of(@Nullable MultiDataSet data, int... labelRows) {
        if (data == null) {
            throw new IllegalArgumentException("A batch is needed, got null");
        }
        requireAll("features", data.getFeatures());
        requireAll("labels", data.getLabels());
        long examples = data.getFeatures(0).size(0);
        requireSame("features", data.getFeatures(), examples);
        requireSame("labels", data.getLabels(), examples, labelRows);
        requireSame("features mask", data.getFeaturesMaskArrays(), examples);
        requireSame("labels mask", data.getLabelsMaskArrays(), examples, labelRows);
        requireMasks("feature", data.numFeatureArrays(), data.getFeaturesMaskArrays());
        requireMasks("label", data.numLabelsArrays(), data.getLabelsMaskArrays());
        requireImageMasks(data.getFeatures(), data.getFeaturesMaskArrays());
        if (examples > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("DL4J counts the examples of a batch in an int; " + examples
                    + " are too many: use smaller batches");
        }
        return new Batch(data, (int) examples, labelRows.clone());
    }

    /** Wraps a part or a copy of this batch, which needs no check. */
    Batch with(MultiDataSet part, int itsExamples) {
        return new Batch(part, itsExamples, labelRows);
    }

    /** Returns how many rows a label array has for each example: so many blocks, each with one row for each example. */
    int labelRows(int output) {
        return rows(labelRows, output);
    }

    private static int rows(int[] rows, int array) {
        return array < rows.length ? rows[array] : 1;
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

    private static void requireSame(
            String name, @Nullable INDArray @Nullable [] arrays, long examples, int... rowsPerExample) {
        if (arrays == null) {
            return;
        }
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = arrays[i];
            int rows = rows(rowsPerExample, i);
            if (array != null && array.size(0) != rows * examples) {
                throw new IllegalArgumentException(
                        "All arrays of a batch need the same number of examples (dimension 0): "
                                + "features[0] has " + examples + ", " + name + "[" + i + "] has " + array.size(0)
                                + " (shape " + Arrays.toString(array.shape()) + ")"
                                + (rows == 1
                                        ? several(name, array, examples)
                                        : ". Behind its StackVertex this one needs " + rows + " for each example, in "
                                                + rows + " blocks: " + rows * examples));
            }
        }
    }

    private static String several(String name, INDArray array, long examples) {
        boolean isSeveral = name.startsWith("labels") && array.size(0) % examples == 0;
        return isSeveral ? ". Only labels of an output behind a StackVertex have several rows for an example" : "";
    }

    /** DL4J pools such a mask without a look at the image, and multiplies what is left of both. */
    private static void requireImageMasks(INDArray[] features, @Nullable INDArray @Nullable [] masks) {
        for (int i = 0; masks != null && i < masks.length; i++) {
            INDArray mask = masks[i];
            boolean isOfImages = mask != null && mask.rank() == IMAGE_RANK && features[i].rank() == IMAGE_RANK;
            if (isOfImages && !fits(mask, features[i], 1, 2, 3) && !fits(mask, features[i], 3, 1, 2)) {
                throw new IllegalArgumentException(
                        "The mask of images has their height or 1, and their width or 1: shape [examples, 1, height, 1]"
                                + " masks rows. But features[" + i + "] has shape "
                                + Arrays.toString(features[i].shape()) + ", features mask[" + i + "] has shape "
                                + Arrays.toString(mask.shape())
                                + ": give a mask for the images as they enter the network, padding included");
            }
        }
    }

    /** Tells whether a mask, channels first, has the sizes of images or 1, given which dimension of these is which. */
    private static boolean fits(INDArray mask, INDArray images, int... channelsHeightWidth) {
        return IntStream.range(0, channelsHeightWidth.length)
                .allMatch(i -> mask.size(i + 1) == 1 || mask.size(i + 1) == images.size(channelsHeightWidth[i]));
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
