/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
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
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.layers.ocnn.OCNNParamInitializer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.params.SeparableConvolutionParamInitializer;

/**
 * What the type of a layer says about its parameters, as tables. Parameters are called by DL4J's keys; wrappers and
 * bidirectional layers are looked through.
 */
final class LayerKinds {

    /** The projections of attention; its output weights are a matrix of standard shape. */
    static final Map<String, Arrangement> ATTENTION = Map.of(
            "Wq", Arrangements::heads,
            "Wk", Arrangements::heads,
            "Wv", Arrangements::heads,
            // The learned queries [1, nIn, queries].
            "Q", Arrangements::stacked);

    /** The arrangements of a layer's parameters that are not of standard shape. */
    @SuppressWarnings("deprecation") // By DL4J: the Graves layers, still part of it.
    private static final ClassTable<Layer, Function<Layer, Map<String, Arrangement>>> ARRANGEMENTS = new ClassTable<
                    Layer, Function<Layer, Map<String, Arrangement>>>()
            .put(layer -> weights(Arrangements::depthwise), DepthwiseConvolution2D.class)
            .put(
                    layer -> Map.of(
                            SeparableConvolutionParamInitializer.DEPTH_WISE_WEIGHT_KEY, Arrangements::separableDepth),
                    SeparableConvolution2D.class)
            .put(layer -> weights(Arrangements::deconvolution3D), Deconvolution3D.class)
            .put(layer -> weights(Arrangements::transposed), EmbeddingLayer.class, EmbeddingSequenceLayer.class)
            .put(layer -> weights(Arrangements::stacked), LocallyConnected1D.class, LocallyConnected2D.class)
            .put(
                    layer -> ATTENTION,
                    SelfAttentionLayer.class,
                    LearnedSelfAttentionLayer.class,
                    RecurrentAttentionLayer.class)
            .put(layer -> Map.of("weight", Arrangements::kernelFirst), PrimaryCapsules.class)
            .put(
                    layer -> Map.of("weight", Arrangements.capsules(((CapsuleLayer) layer).getCapsuleDimensions())),
                    CapsuleLayer.class)
            .put(layer -> Map.of(OCNNParamInitializer.W_KEY, Arrangements::transposed), OCNNOutputLayer.class)
            .put(layer -> peepholes(), GravesLSTM.class, GravesBidirectionalLSTM.class);

    /** Parameters that DL4J calls weights and that scale single values, where weights mix them. */
    private static final ClassTable<Layer, Set<String>> SCALES = new ClassTable<Layer, Set<String>>()
            .put(Set.of(DefaultParamInitializer.GAIN_KEY), DenseLayer.class, SimpleRnn.class)
            .put(Set.of(DefaultParamInitializer.WEIGHT_KEY), PReLULayer.class, ElementWiseMultiplicationLayer.class)
            .put(Set.of(OCNNParamInitializer.R_KEY), OCNNOutputLayer.class);

    @SuppressWarnings("deprecation")
    private static final ClassTable<Layer, Boolean> GATES =
            new ClassTable<Layer, Boolean>().put(true, LSTM.class, GravesLSTM.class, GravesBidirectionalLSTM.class);

    private LayerKinds() {}

    /** How a parameter lies in its tensor; empty for the standard shapes. */
    static Optional<Arrangement> arrangement(Layer layer, String key) {
        return ARRANGEMENTS.of(layer).map(kind -> kind.apply(layer).get(key));
    }

    /** Whether a parameter is a scale and no weight, though DL4J calls it one. */
    static boolean isScale(Layer layer, String key) {
        return SCALES.of(layer).map(keys -> keys.contains(key)).orElse(false);
    }

    /** Whether the columns of the layer's matrices are four gates. */
    static boolean hasGates(Layer wrapped) {
        return GATES.of(unwrap(wrapped)).orElse(false);
    }

    /** The layer that does the work. */
    static Layer unwrap(Layer layer) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            return unwrap(wrapper.getUnderlying());
        }
        return layer instanceof Bidirectional both ? unwrap(both.getFwd()) : layer;
    }

    private static Map<String, Arrangement> weights(Arrangement arrangement) {
        return Map.of(DefaultParamInitializer.WEIGHT_KEY, arrangement);
    }

    private static Map<String, Arrangement> peepholes() {
        return Map.of(
                "RW", Arrangements::peepholes,
                "RWF", Arrangements::peepholes,
                "RWB", Arrangements::peepholes);
    }
}
