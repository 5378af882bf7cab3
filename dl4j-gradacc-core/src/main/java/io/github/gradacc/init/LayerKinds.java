/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Optional;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.jspecify.annotations.Nullable;

/** What the type of a layer says about its weights; wrappers and bidirectional layers are looked through. */
final class LayerKinds {

    private LayerKinds() {}

    /** The layout of the layer's weights, empty for the standard one. */
    static Optional<Layout> layoutOf(Layer wrapped) {
        Layer layer = unwrap(wrapped);
        if (layer instanceof DepthwiseConvolution2D) {
            return Optional.of(Layout.DEPTHWISE);
        } else if (layer instanceof SeparableConvolution2D) {
            return Optional.of(Layout.SEPARABLE);
        } else if (layer instanceof Deconvolution3D) {
            return Optional.of(Layout.DECONVOLUTION_3D);
        } else if (layer instanceof PrimaryCapsules) {
            return Optional.of(Layout.KERNEL_FIRST);
        } else if (layer instanceof EmbeddingLayer || layer instanceof EmbeddingSequenceLayer) {
            return Optional.of(Layout.EMBEDDING);
        } else if (hasPeepholes(layer)) {
            return Optional.of(Layout.GRAVES_LSTM);
        } else if (layer instanceof LocallyConnected1D || layer instanceof LocallyConnected2D) {
            return Optional.of(Layout.LOCALLY_CONNECTED);
        } else if (layer instanceof SelfAttentionLayer
                || layer instanceof LearnedSelfAttentionLayer
                || layer instanceof RecurrentAttentionLayer) {
            return Optional.of(Layout.ATTENTION);
        }
        return Optional.empty();
    }

    /** Whether the columns of the layer's matrices are four gates. */
    static boolean hasGates(@Nullable Layer wrapped) {
        if (wrapped == null) {
            return false;
        }
        Layer layer = unwrap(wrapped);
        return layer instanceof LSTM || hasPeepholes(layer);
    }

    @SuppressWarnings("deprecation") // By DL4J, and still part of it.
    private static boolean hasPeepholes(Layer layer) {
        return layer instanceof GravesLSTM || layer instanceof GravesBidirectionalLSTM;
    }

    private static Layer unwrap(Layer layer) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            return unwrap(wrapper.getUnderlying());
        }
        return layer instanceof Bidirectional both ? unwrap(both.getFwd()) : layer;
    }
}
