/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.array.Slice;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The output of a layer with labels and mask, one row for each example, time step or pixel. Methods that return labels
 * have checked them, wherever the mask lets them count.
 */
final class Examples {

    /** Squares of masked labels above this could overflow. */
    private static final double LARGE = 1e9;

    private final String loss;
    private final INDArray labels;
    private final INDArray output;
    private final IActivation activation;
    private final @Nullable INDArray mask;
    private double @Nullable [] maskValues;

    private Examples(String loss, INDArray labels, INDArray output, IActivation activation, @Nullable INDArray mask) {
        this.loss = loss;
        this.labels = labels;
        this.output = output;
        this.activation = activation;
        this.mask = mask;
    }

    static Examples of(
            TorchLoss loss, INDArray labels, INDArray output, IActivation activation, @Nullable INDArray mask) {
        String name = loss.getClass().getSimpleName();
        if (output.rank() != 2 || labels.rank() != 2 || labels.size(0) != output.size(0)) {
            throw new IllegalArgumentException(name + " needs labels with one row for each row of the output, got"
                    + " labels " + shape(labels) + " for output " + shape(output)
                    + ". Check the shape of the labels that the layer is given");
        }
        INDArray column = mask == null || mask.rank() == 2 ? mask : mask.reshape(mask.length(), 1);
        if (column != null && column.size(0) != output.size(0)) {
            throw new IllegalArgumentException(name + " needs a mask with one row for each row of the output, got mask "
                    + shape(column) + " for output " + shape(output));
        }
        return new Examples(name, labels, output, activation, column);
    }

    /** The output after the activation function, [n, m]. Not to be changed. */
    INDArray output() {
        return output;
    }

    /**
     * Refuses output that a formula has no meaning for, wherever the mask lets it count. What is not finite passes: it
     * is no mistake of the configuration, and the score and the gradient will be NaN.
     *
     * @param part the output, or some of its columns
     */
    void checkOutput(INDArray part, LabelSet allowed, String rule, String wayOut) {
        long width = part.size(1);
        Chunks.forEach(part, (first, values, length) -> {
            if (!allowed.contains(values, 0, length)) {
                for (int i = 0; i < length; i++) {
                    if (Double.isFinite(values[i]) && !allowed.contains(values, i, i + 1)) {
                        refuseIfCounted(first + i / width, i % width, values[i], rule, wayOut);
                    }
                }
            }
        });
    }

    /** One of several equal parts of the output's columns, [n, m / parts], a copy. */
    INDArray part(int index, int parts, String meaning) {
        long width = columns() / parts;
        if (width * parts != columns()) {
            throw error("the output is " + meaning + ", so its columns must be a multiple of " + parts + ", got "
                    + shape(output));
        }
        return Slice.of(output, 1, index * width, (index + 1) * width).dup('c');
    }

    /** Output columns. */
    long columns() {
        return output.size(1);
    }

    long rows() {
        return output.size(0);
    }

    /** The labels as they were given, not checked. */
    INDArray rawLabels() {
        return labels;
    }

    /** The labels, [n, k], in the type of the output, all in the set where they count. Not to be changed. */
    INDArray labels(LabelSet allowed, long width) {
        checkLabelWidth(width);
        // BLAS says it many times faster.
        if (mask == null && allowed == LabelSet.FINITE && Finiteness.allFinite(labels)) {
            return labels.castTo(output.dataType());
        }
        boolean[] clears = new boolean[1];
        Chunks.forEach(labels, (first, values, length) -> {
            if (!allowed.contains(values, 0, length) || (mask != null && !isModest(values, length))) {
                for (int i = 0; i < length; i++) {
                    long row = first + i / width;
                    long column = i % width;
                    if (!allowed.contains(values, i, i + 1)) {
                        refuseIfCounted(row, column, values[i], "labels " + allowed.rule(), allowed.wayOut());
                    }
                    clears[0] |= !counts(row, column);
                }
            }
        });
        INDArray typed = labels.castTo(output.dataType());
        // 0 times NaN is not 0: what is masked gets a label that leaves its term finite.
        return clears[0] ? zeroWhereMasked(typed.dup('c')) : typed;
    }

    void checkLabelWidth(long width) {
        if (labels.size(1) != width) {
            throw error("labels must be " + Arrays.toString(new long[] {rows(), width}) + " for output " + shape(output)
                    + ", got " + shape(labels));
        }
    }

    /** Refuses an activation function that would be applied twice, by the layer and by the loss. */
    void refuse(Class<? extends IActivation> type, String reason) {
        if (type.isInstance(activation)) {
            throw new IllegalArgumentException(loss + " " + reason);
        }
    }

    boolean hasMask() {
        return mask != null;
    }

    /** Tells whether the mask lets a term count; in rows of one term, its column is 0. */
    boolean counts(long row, long column) {
        return maskAt(row, column) != 0;
    }

    /** The mask's value for a term, 1 without a mask. */
    double maskAt(long row, long column) {
        if (mask == null) {
            return 1;
        }
        if (maskValues == null) {
            maskValues = Chunks.read(mask);
        }
        long width = mask.size(1);
        return maskValues[(int) (row * width + Math.min(column, width - 1))];
    }

    /** An error about a label: the rule, the label and where it stands, the way out; none if it is masked. */
    void refuseIfCounted(long row, long column, double label, String rule, String wayOut) {
        if (counts(row, column)) {
            throw error(rule + ", got " + label + " in row " + row + ", column " + column + ". " + wayOut);
        }
    }

    IllegalArgumentException error(String message) {
        return new IllegalArgumentException(loss + ": " + message);
    }

    /** Checks that the mask has one column, or one for each of a row's terms. */
    void checkMask(long perRow) {
        if (mask != null && mask.size(1) != 1 && mask.size(1) != perRow) {
            throw error(
                    "a mask has one column, or one for each of the " + perRow + " terms of a row, got " + shape(mask));
        }
    }

    /** Multiplies terms or their slopes by the mask, in place; [n, a multiple of the terms]. */
    INDArray weigh(INDArray array) {
        if (mask == null) {
            return array;
        }
        INDArray typed = mask.castTo(array.dataType());
        return mask.size(1) == 1 ? array.muliColumnVector(typed) : array.muli(repeated(typed, array.size(1)));
    }

    /** Sets what a mask of single outputs leaves out to 0, in place. */
    INDArray clearMaskedOutputs(INDArray gradient) {
        return mask == null || mask.size(1) == 1
                ? gradient
                : gradient.muli(repeated(mask.neq(0).castTo(gradient.dataType()), gradient.size(1)));
    }

    private static INDArray repeated(INDArray columns, long width) {
        return columns.size(1) == width ? columns : Nd4j.tile(columns, 1, (int) (width / columns.size(1)));
    }

    /** Tells whether squares and sums of labels cannot overflow. */
    private static boolean isModest(double[] labels, int length) {
        double largest = 0;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, Math.abs(labels[i]));
        }
        return largest <= LARGE;
    }

    private INDArray zeroWhereMasked(INDArray array) {
        for (long row = 0; row < array.size(0); row++) {
            for (long column = 0; column < array.size(1); column++) {
                if (!counts(row, column)) {
                    array.putScalar(row, column, 0);
                }
            }
        }
        return array;
    }

    private static String shape(INDArray array) {
        return Arrays.toString(array.shape());
    }
}
