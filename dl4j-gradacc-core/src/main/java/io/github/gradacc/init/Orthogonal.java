/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * {@code gain} times a random (semi-)orthogonal matrix: {@code torch.nn.init.orthogonal_} (Saxe et al. 2013, "Exact
 * solutions to the nonlinear dynamics of learning in deep linear neural networks").
 *
 * <p>With {@code W} the weights as a matrix, {@code W^T W = gain^2 I} or {@code W W^T = gain^2 I}, whichever is the
 * smaller identity; uniform over all such matrices. Weights of more than two dimensions are flattened as torch does:
 * one row for each index of the first dimension.
 *
 * <p>The matrices of a recurrent layer with gates stand side by side. With {@code gates = 4}, on an LSTM [n, 4 nOut]
 * (order IFOG), each gate's [n, nOut] block is drawn by itself; convolutions are divided along their first dimension. A
 * GravesLSTM has three columns more: {@code Layout.GRAVES_LSTM.of(new Orthogonal(1, 4))}.
 *
 * <p>Error: {@code max |W^T W - gain^2 I| <= 1e-14 gain^2} in DOUBLE and {@code 2e-7 gain^2} in FLOAT up to 1024
 * columns. Time: that of a QR decomposition in DOUBLE, so not for embeddings of millions of words. Value semantics;
 * safe for use by several threads.
 *
 * @param gain scales the weights, finite; see {@link Gain}
 * @param gates the number of blocks, at least 1
 */
public record Orthogonal(
        @JsonProperty(value = "gain", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double gain,

        @JsonProperty(value = "gates", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int gates)
        implements IWeightInit {

    /** Checks the numbers. */
    @JsonCreator
    public Orthogonal {
        Checks.finite("gain", gain);
        if (gates < 1) {
            throw new IllegalArgumentException("gates must be at least 1, got " + gates);
        }
    }

    /**
     * The whole matrix as one block.
     *
     * @param gain scales the weights, finite
     */
    public Orthogonal(double gain) {
        this(gain, 1);
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> weights.assign(values(shape)));
    }

    private INDArray values(long... shape) {
        if (shape.length < 2) {
            throw Checks.shape(
                    "Orthogonal needs weights of at least two dimensions", shape, "Use Normal or Uniform for vectors");
        }
        int unitDimension = shape.length == 2 ? 1 : 0;
        if (shape[unitDimension] % gates != 0) {
            throw Checks.shape(
                    "Orthogonal with " + gates + " gates needs output units (dimension " + unitDimension
                            + ") that are a multiple of them",
                    shape,
                    "Use Orthogonal(gain) for one matrix, or Layout.GRAVES_LSTM.of(...) for a GravesLSTM");
        }
        long rows = shape[0];
        long columns = ArrayUtil.prodLong(shape) / rows;
        Draws draws = Draws.next();
        INDArray matrix = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {rows, columns}, 'c');
        long rowBlock = unitDimension == 0 ? rows / gates : rows;
        long columnBlock = unitDimension == 1 ? columns / gates : columns;
        for (long row = 0; row < rows; row += rowBlock) {
            for (long column = 0; column < columns; column += columnBlock) {
                matrix.get(
                                NDArrayIndex.interval(row, row + rowBlock),
                                NDArrayIndex.interval(column, column + columnBlock))
                        .assign(RandomOrthogonal.draw(rowBlock, columnBlock, draws)
                                .muli(gain));
            }
        }
        return matrix.reshape('c', shape);
    }
}
