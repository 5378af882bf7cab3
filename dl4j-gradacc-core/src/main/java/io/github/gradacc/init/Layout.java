/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.function.Function;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Says how the weights of a layer lie in their tensor, where the shape alone would be read as something else.
 *
 * <p>Matrices [nIn, nOut] and convolutions [nOut, nIn, k...] need no layout. For the layers named below, wrap any
 * initialiser: {@code new DepthwiseConvolution2D.Builder().weightInit(Layout.DEPTHWISE.of(new KaimingNormal(FAN_IN, gain)))}.
 * It then fills a tensor of the shape that torch gives this layer (matrices in DL4J's order), whose values are moved to where
 * the layer has them. So fans, groups, orthogonality and the centre of a kernel mean what they mean in torch.
 *
 * <p>{@link NetworkInitializer} chooses the layout by the type of the layer.
 */
public enum Layout {

    /** DepthwiseConvolution2D: [kH, kW, nIn, m], filled as [nIn m, 1, kH, kW] with one group per input channel. */
    DEPTHWISE(4) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            return standard.apply(new long[] {shape[2] * shape[3], 1, shape[0], shape[1]})
                    .reshape('c', shape[2], shape[3], shape[0], shape[1])
                    .permute(2, 3, 0, 1);
        }
    },

    /**
     * SeparableConvolution2D: the depthwise part [m, nIn, kH, kW] is filled as [nIn m, 1, kH, kW], the pointwise part
     * [nOut, nIn m, 1, 1] as it is. With a kernel of 1x1 the depthwise part looks like the other and is filled as it is.
     */
    SEPARABLE(4) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            if (shape[2] == 1 && shape[3] == 1) {
                return standard.apply(shape);
            }
            return standard.apply(new long[] {shape[1] * shape[0], 1, shape[2], shape[3]})
                    .reshape('c', shape[1], shape[0], shape[2], shape[3])
                    .permute(1, 0, 2, 3);
        }
    },

    /** Deconvolution3D: [kD, kH, kW, nOut, nIn], filled as [nIn, nOut, kD, kH, kW], torch's shape for it. */
    DECONVOLUTION_3D(5) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            return standard.apply(new long[] {shape[4], shape[3], shape[0], shape[1], shape[2]})
                    .permute(2, 3, 4, 1, 0);
        }
    },

    /** PrimaryCapsules, and other weights in TensorFlow's order: [kH, kW, nIn, nOut], filled as [nOut, nIn, kH, kW]. */
    KERNEL_FIRST(4) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            return standard.apply(new long[] {shape[3], shape[2], shape[0], shape[1]})
                    .permute(2, 3, 1, 0);
        }
    },

    /**
     * EmbeddingLayer, EmbeddingSequenceLayer: [words, size]. torch's embedding has the same shape, whose fan in is the size
     * and fan out the number of words; so it is filled as the matrix [size, words].
     */
    EMBEDDING(2) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            return standard.apply(new long[] {shape[1], shape[0]}).transpose();
        }
    },

    /**
     * GravesLSTM, GravesBidirectionalLSTM: the recurrent weights [n, 4 n + 3] are filled as [n, 4 n], and the last three
     * columns, the peepholes, are 0, so that the layer starts as an LSTM without them. Other matrices are filled as they are.
     */
    GRAVES_LSTM(2) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            long gates = 4 * shape[0];
            if (shape[1] != gates + 3) {
                return standard.apply(shape);
            }
            INDArray weights = Nd4j.zeros(DataType.DOUBLE, shape);
            weights.get(NDArrayIndex.all(), NDArrayIndex.interval(0, gates))
                    .assign(standard.apply(new long[] {shape[0], gates}));
            return weights;
        }
    },

    /** LocallyConnected1D, LocallyConnected2D: [positions, nIn k, nOut], filled as one matrix [nIn k, nOut] per position. */
    LOCALLY_CONNECTED(3) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            INDArray weights = Nd4j.createUninitialized(DataType.DOUBLE, shape);
            for (long position = 0; position < shape[0]; position++) {
                weights.get(NDArrayIndex.point(position), NDArrayIndex.all(), NDArrayIndex.all())
                        .assign(standard.apply(new long[] {shape[1], shape[2]}));
            }
            return weights;
        }
    },

    /**
     * SelfAttentionLayer, LearnedSelfAttentionLayer, RecurrentAttentionLayer, AttentionVertex: the projections
     * [heads, headSize, nIn] are filled as the matrix [nIn, heads headSize], as torch counts their fans. Matrices are filled as
     * they are.
     */
    ATTENTION(3) {
        @Override
        INDArray fill(long[] shape, Function<long[], INDArray> standard) {
            return standard.apply(new long[] {shape[2], shape[0] * shape[1]})
                    .transpose()
                    .dup('c')
                    .reshape('c', shape);
        }
    };

    private final int rank;

    Layout(int rank) {
        this.rank = rank;
    }

    /**
     * Wraps an initialiser.
     *
     * @param initializer any initialiser, DL4J's own too
     * @return an initialiser for weights in this layout
     */
    public IWeightInit of(IWeightInit initializer) {
        return new InLayout(this, initializer);
    }

    /**
     * Makes weights in this layout.
     *
     * @param shape of {@link #rank()} dimensions
     * @param standard makes weights of the given, standard shape
     * @return weights of the given shape
     */
    abstract INDArray fill(long[] shape, Function<long[], INDArray> standard);

    /** The number of dimensions of this layout. */
    int rank() {
        return rank;
    }
}
