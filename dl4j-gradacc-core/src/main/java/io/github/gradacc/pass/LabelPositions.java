/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The labels of one output by their positions: an example, or each of its time steps or pixels.
 *
 * <p>A position counts unless its mask is 0. Where a mask has an element for each of its values, it counts as the share
 * of them that count.
 *
 * @param labels rank 2 to 5, examples first, not changed
 * @param channels the dimension that holds the values of one position
 * @param mask any shape that DL4J spreads evenly over the labels, not changed; null for none
 */
record LabelPositions(
        INDArray labels, int channels, @Nullable INDArray mask) {

    private static final int SEQUENCE_RANK = 3;

    /** @throws IllegalArgumentException if labels and mask have shapes that do not fit each other */
    LabelPositions {
        if (mask != null) {
            maskShape(labels, channels, mask);
        }
    }

    private long count() {
        return labels.length() / labels.size(channels);
    }

    /** Returns how many positions count. */
    double unmasked() {
        if (mask == null) {
            return count();
        }
        double counting = mask.neq(0).castTo(DataType.DOUBLE).sumNumber().doubleValue();
        return count() * counting / mask.length();
    }

    /** Returns the labels, one row for each position, [positions, values], a copy. */
    INDArray rows() {
        return byPosition(labels);
    }

    /** Returns for each position the share of it that counts, in the order of {@link #rows()}. */
    double[] shares() {
        double[] shares = new double[Math.toIntExact(count())];
        if (mask == null) {
            Arrays.fill(shares, 1);
            return shares;
        }
        INDArray counting = byPosition(spread(mask.neq(0).castTo(DataType.DOUBLE)));
        return counting.mean(1).toDoubleVector();
    }

    private INDArray byPosition(INDArray array) {
        return moved(array).dup('c').reshape('c', false, count(), array.size(channels));
    }

    private INDArray moved(INDArray array) {
        int[] order = new int[array.rank()];
        int next = 0;
        for (int dimension = 0; dimension < order.length; dimension++) {
            if (dimension != channels) {
                order[next++] = dimension;
            }
        }
        order[next] = channels;
        return array.permute(order);
    }

    /** A mask as large as the labels, of zeros and ones. */
    private INDArray spread(INDArray given) {
        return Nd4j.ones(DataType.DOUBLE, labels.shape()).mul(given.reshape(maskShape(labels, channels, given)));
    }

    /** The shape in which ND4J spreads a mask over labels. */
    private static long[] maskShape(INDArray labels, int channels, INDArray given) {
        long[] shape = new long[labels.rank()];
        Arrays.fill(shape, 1);
        if (given.rank() == shape.length) {
            shape = given.shape().clone();
        } else {
            shape[0] = given.size(0);
            if (given.rank() == 2 && shape.length == SEQUENCE_RANK) {
                shape[SEQUENCE_RANK - channels] = given.size(1);
            }
        }
        for (int i = 0; i < shape.length; i++) {
            if (given.length() != Arrays.stream(shape).reduce(1, Math::multiplyExact)
                    || (shape[i] != 1 && shape[i] != labels.size(i))) {
                throw new IllegalArgumentException("A mask of shape " + Arrays.toString(given.shape())
                        + " does not fit labels of shape " + Arrays.toString(labels.shape())
                        + ": give one number for each example, each time step or pixel, or each label");
            }
        }
        return shape;
    }
}
