/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static io.github.gradacc.dl4j.Accumulation.CLASS_CENTERS;
import static io.github.gradacc.dl4j.Accumulation.MOVING_STATISTICS;
import static io.github.gradacc.dl4j.Accumulation.SUM;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
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
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.layers.ocnn.OCNNParamInitializer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.params.SeparableConvolutionParamInitializer;

/**
 * The one table of layer classes. A layer's facts are put together from the rows of its superclasses, the most general
 * first, and its own; those of a wrapper start from the layer inside it.
 *
 * <p>A layer without a row has gradients that are sums over examples and weights of standard shape; how its output
 * follows their scale is unknown.
 */
@API(status = API.Status.INTERNAL)
public final class LayerTable {

    private static final String WEIGHTS = DefaultParamInitializer.WEIGHT_KEY;
    private static final String LAYER_NORM_GAIN = DefaultParamInitializer.GAIN_KEY;
    private static final String SAME_DIFF_WEIGHTS = "weight";

    /** The projections of attention; its output weights are a matrix of standard shape. */
    private static final Map<String, Reorder> ATTENTION_WEIGHTS = Map.of(
            "Wq", Reorders::heads,
            "Wk", Reorders::heads,
            "Wv", Reorders::heads,
            // The learned queries [1, nIn, queries].
            "Q", Reorders::stacked);

    private static final Map<Class<?>, BiConsumer<Layer, LayerFacts>> ROWS = new HashMap<>();

    static {
        addFunctions();
        addKinds();
        addLayouts();
        addSequences();
    }

    private LayerTable() {}

    /**
     * Looks a layer up.
     *
     * @param layer a configuration; wrappers and bidirectional layers are looked through
     */
    public static LayerFacts of(Layer layer) {
        LayerFacts facts = Wrapping.inner(layer).map(LayerTable::of).orElseGet(LayerFacts::new);
        addRows(layer, layer.getClass(), facts);
        return facts;
    }

    /** Looks up a vertex that is written in SameDiff. */
    public static LayerFacts of(SameDiffVertex vertex) {
        LayerFacts facts = new LayerFacts().output(OutputScale.NONLINEAR);
        if (vertex instanceof AttentionVertex) {
            attention(facts);
        }
        return facts;
    }

    private static void addRows(Layer layer, Class<?> type, LayerFacts facts) {
        if (type.getSuperclass() != null) {
            addRows(layer, type.getSuperclass(), facts);
        }
        BiConsumer<Layer, LayerFacts> row = ROWS.get(type);
        if (row != null) {
            row.accept(layer, facts);
        }
    }

    /** Loss and activation functions. */
    private static void addFunctions() {
        row(BaseOutputLayer.class, (layer, it) -> it.loss(layer.getLossFn(), layer::setLossFn));
        row(LossLayer.class, (layer, it) -> it.loss(layer.getLossFn(), layer::setLossFn));
        row(
                CnnLossLayer.class,
                (layer, it) -> it.misreadsFormat(layer.getFormat() == CNN2DFormat.NHWC)
                        .loss(layer.getLossFn(), layer::setLossFn));
        row(
                Cnn3DLossLayer.class,
                (layer, it) -> it.channelsLast(layer.getDataFormat() == Convolution3D.DataFormat.NDHWC)
                        .loss(layer.getLossFn(), layer::setLossFn));
        row(ActivationLayer.class, (layer, it) -> it.activation(layer.getActivationFn()));
    }

    /** How gradients add up, and how outputs follow the scale of weights. */
    private static void addKinds() {
        row(BaseLayer.class, (layer, it) -> it.output(OutputScale.LINEAR).activation(layer.getActivationFn()));
        row(BatchNormalization.class, it -> it.accumulates(MOVING_STATISTICS));
        // With gradientCheck(true) DL4J computes a true gradient of the centers instead.
        row(
                CenterLossOutputLayer.class,
                (layer, it) -> it.addsToLossItself().accumulates(layer.getGradientCheck() ? SUM : CLASS_CENTERS));
        row(VariationalAutoencoder.class, it -> it.output(OutputScale.NONLINEAR));
        row(
                DenseLayer.class,
                (layer, it) -> it.scale(LAYER_NORM_GAIN)
                        .output(layer.hasLayerNorm() ? OutputScale.NORMALIZED : OutputScale.LINEAR));
        row(PReLULayer.class, it -> it.scale(WEIGHTS));
        row(ElementWiseMultiplicationLayer.class, it -> it.scale(WEIGHTS));
        row(
                OCNNOutputLayer.class,
                it -> it.wholeBatchLossOfItsOwn()
                        .output(OutputScale.NONLINEAR)
                        .weights(OCNNParamInitializer.W_KEY, Reorders::transposed)
                        .scale(OCNNParamInitializer.R_KEY));
        row(EmbeddingLayer.class, it -> it.indices().weights(WEIGHTS, Reorders::transposed));
        row(EmbeddingSequenceLayer.class, it -> it.indices().weights(WEIGHTS, Reorders::transposed));
    }

    /** Convolutions, capsules and attention. */
    private static void addLayouts() {
        row(DepthwiseConvolution2D.class, it -> it.weights(WEIGHTS, Reorders::depthwise));
        row(
                SeparableConvolution2D.class,
                it -> it.weights(SeparableConvolutionParamInitializer.DEPTH_WISE_WEIGHT_KEY, Reorders::separableDepth));
        row(Deconvolution2D.class, LayerFacts::outputsSecond);
        row(Deconvolution3D.class, it -> it.weights(WEIGHTS, Reorders::deconvolution3D));
        row(LocallyConnected1D.class, LayerTable::locallyConnected);
        row(LocallyConnected2D.class, LayerTable::locallyConnected);
        row(
                PrimaryCapsules.class,
                it -> it.output(OutputScale.HIDDEN_ACTIVATION).weights(SAME_DIFF_WEIGHTS, Reorders::kernelFirst));
        row(
                CapsuleLayer.class,
                (layer, it) -> it.output(OutputScale.NONLINEAR)
                        .weights(SAME_DIFF_WEIGHTS, Reorders.capsules(layer.getCapsuleDimensions())));
        row(SelfAttentionLayer.class, LayerTable::attention);
        row(LearnedSelfAttentionLayer.class, LayerTable::attention);
        row(RecurrentAttentionLayer.class, LayerTable::attention);
    }

    /** Recurrent layers, and others that see time. */
    @SuppressWarnings("deprecation") // By DL4J: the Graves layers, still part of it.
    private static void addSequences() {
        row(
                BaseRecurrentLayer.class,
                (layer, it) -> it.output(OutputScale.RECURRENT).timeSecond(layer.getRnnDataFormat() == RNNFormat.NWC));
        row(RnnOutputLayer.class, (layer, it) -> values(layer.getRnnDataFormat(), it));
        row(
                RnnLossLayer.class,
                (layer, it) -> values(layer.getRnnDataFormat(), it).loss(layer.getLossFn(), layer::setLossFn));
        row(SimpleRnn.class, it -> it.scale(LAYER_NORM_GAIN));
        row(LSTM.class, LayerFacts::gated);
        row(GravesLSTM.class, it -> it.gated().weights("RW", Reorders::peepholes));
        row(
                GravesBidirectionalLSTM.class,
                it -> it.gated().fromEnd().weights("RWF", Reorders::peepholes).weights("RWB", Reorders::peepholes));
        row(Bidirectional.class, LayerFacts::fromEnd);
    }

    private static LayerFacts values(RNNFormat format, LayerFacts it) {
        return it.timeSecond(format == RNNFormat.NWC).channelsLast(format == RNNFormat.NWC);
    }

    private static void locallyConnected(LayerFacts it) {
        it.output(OutputScale.HIDDEN_ACTIVATION).weights(WEIGHTS, Reorders::stacked);
    }

    private static void attention(LayerFacts it) {
        it.output(OutputScale.ATTENTION);
        ATTENTION_WEIGHTS.forEach(it::weights);
    }

    private static void row(Class<? extends Layer> type, Consumer<LayerFacts> row) {
        ROWS.put(type, (layer, facts) -> row.accept(facts));
    }

    private static <L extends Layer> void row(Class<L> type, BiConsumer<L, LayerFacts> row) {
        ROWS.put(type, (layer, facts) -> row.accept(type.cast(layer), facts));
    }
}
