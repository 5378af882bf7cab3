/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.dl4j.Reorder;
import io.github.gradacc.dl4j.Reorders;
import org.deeplearning4j.nn.weights.IWeightInit;

/**
 * The memory layout of a layer's weights, for layers whose shape alone would be read as something else.
 *
 * <p>Matrices [nIn, nOut] and convolutions [nOut, nIn, k...] need no layout. For the layers named below, wrap any
 * initializer:
 * {@code new DepthwiseConvolution2D.Builder().weightInit(Layout.DEPTHWISE.of(new KaimingNormal(FAN_IN, gain)))}. It
 * then fills a tensor of the shape that torch gives this layer (matrices in DL4J's order), and moves the values to
 * where the layer expects them. So fans, groups, orthogonality and the center of a kernel mean what they mean in torch.
 *
 * <p>{@link NetworkInitializer} chooses the layout by the class of the layer.
 */
public enum Layout {

    /** DepthwiseConvolution2D: [kH, kW, nIn, m], filled as [nIn m, 1, kH, kW] with one group per input channel. */
    DEPTHWISE(4, Reorders::depthwise),

    /**
     * SeparableConvolution2D: the depthwise part [m, nIn, kH, kW] is filled as [nIn m, 1, kH, kW], the pointwise part
     * [nOut, nIn m, 1, 1] as it is. With a 1x1 kernel the depthwise part looks like the pointwise one and is filled as
     * it is.
     */
    SEPARABLE(4, Reorders::separable),

    /** Deconvolution3D: [kD, kH, kW, nOut, nIn], filled as [nIn, nOut, kD, kH, kW], torch's shape for it. */
    DECONVOLUTION_3D(5, Reorders::deconvolution3D),

    /** PrimaryCapsules, and other weights in TensorFlow's order: [kH, kW, nIn, nOut], filled as [nOut, nIn, kH, kW]. */
    KERNEL_FIRST(4, Reorders::kernelFirst),

    /**
     * EmbeddingLayer, EmbeddingSequenceLayer: [words, size]. torch's embedding has the same shape, whose fan in is the
     * size and whose fan out is the number of words, so it is filled as the matrix [size, words].
     */
    EMBEDDING(2, Reorders::transposed),

    /**
     * GravesLSTM, GravesBidirectionalLSTM: the recurrent weights [n, 4 n + 3] are filled as [n, 4 n], and the last
     * three columns, the peepholes, are 0, so that the layer starts as an LSTM without them. Other matrices are filled
     * as they are.
     */
    GRAVES_LSTM(2, Reorders::peepholes),

    /**
     * LocallyConnected1D, LocallyConnected2D: [positions, nIn k, nOut], filled as one matrix [nIn k, nOut] for each
     * position.
     */
    LOCALLY_CONNECTED(3, Reorders::stacked),

    /**
     * SelfAttentionLayer, LearnedSelfAttentionLayer, RecurrentAttentionLayer, AttentionVertex: the projections
     * [heads, headSize, nIn] are filled as the matrix [nIn, heads headSize], as torch counts their fans. Matrices are
     * filled as they are.
     */
    ATTENTION(3, Reorders::heads);

    private final int rank;

    @SuppressWarnings("ImmutableEnumChecker") // Functions without state.
    private final Reorder reorder;

    Layout(int rank, Reorder reorder) {
        this.rank = rank;
        this.reorder = reorder;
    }

    /**
     * Wraps an initializer.
     *
     * @param initializer any initializer, DL4J's own too, that has no layout yet
     * @return an initializer for weights in this layout
     */
    public IWeightInit of(IWeightInit initializer) {
        return new InLayout(this, initializer);
    }

    /** Returns where values of standard tensors go. */
    Reorder reorder() {
        return reorder;
    }

    /** Returns the number of dimensions of this layout. */
    int rank() {
        return rank;
    }
}
