/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.layers.BaseOutputLayer;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** A layer of a network of layers, or a vertex of a graph; some vertices have no layer. Live, nothing is copied. */
@API(status = API.Status.INTERNAL)
public final class LayerView {

    private static final String DL4J = "org.deeplearning4j.";

    private final String name;
    private final String key;
    private final Trainable parameters;
    private final @Nullable Layer layer;
    private final @Nullable InputPreProcessor preprocessor;
    private final Object given;

    private LayerView(
            String name,
            String key,
            Trainable parameters,
            @Nullable Layer layer,
            @Nullable InputPreProcessor preprocessor,
            Object given) {
        this.name = name;
        this.key = key;
        this.parameters = parameters;
        this.layer = layer;
        this.preprocessor = preprocessor;
        this.given = given;
    }

    /** A layer of a stack with its configuration. DL4J calls one without a name "layer" and its index. */
    static LayerView of(int index, Layer layer, MultiLayerConfiguration configuration) {
        String given = layer.conf().getLayer().getLayerName();
        String key = String.valueOf(index);
        boolean isNamed = given != null && !given.equals("layer" + index);
        return new LayerView(
                isNamed ? given : key,
                key,
                layer,
                layer,
                configuration.getInputPreProcess(index),
                configuration.getConf(index).getLayer());
    }

    /** A vertex with its configuration. */
    static LayerView of(GraphVertex vertex, org.deeplearning4j.nn.conf.graph.GraphVertex configuration) {
        String name = vertex.getVertexName();
        InputPreProcessor preprocessor = Wrapping.layerVertex(configuration)
                .map(LayerVertex::getPreProcessor)
                .orElse(null);
        return new LayerView(
                name, name, vertex, vertex.hasLayer() ? vertex.getLayer() : null, preprocessor, configuration);
    }

    /** Returns its name as the user says it: the one given, or the index of a layer in a stack that was given none. */
    public String name() {
        return name;
    }

    /** Returns what stands before the names of its parameters in DL4J's tables of gradients. */
    String key() {
        return key;
    }

    /** Returns the owner of its parameters: the layer, or the vertex. */
    public Trainable parameters() {
        return parameters;
    }

    /** Returns the layer, wrapped as it is; empty for a vertex without one. */
    public Optional<Layer> layer() {
        return Optional.ofNullable(layer);
    }

    /**
     * Returns the layer's configuration; empty for a vertex without a layer. DL4J's wrapping layers return that of the
     * layer inside; bidirectional layers do not.
     */
    public Optional<org.deeplearning4j.nn.conf.layers.Layer> configuration() {
        return layer().map(it -> it.conf().getLayer());
    }

    /** Returns what the table of layers says of it. */
    public LayerFacts facts() {
        return configuration()
                .map(LayerTable::of)
                .or(() -> sameDiffVertex().map(LayerTable::of))
                .orElseGet(LayerFacts::new);
    }

    /** Returns the preprocessor of its input. */
    public Optional<InputPreProcessor> preprocessor() {
        return Optional.ofNullable(preprocessor);
    }

    /**
     * Returns everything in its configuration that runs in passes: its preprocessor, itself, and what is in it.
     *
     * @param trainsBelow whether something below is trained by the gradient that it passes on
     */
    List<Part> parts(boolean trainsBelow) {
        return ConfigurationWalk.through(preprocessor, given, isInferenceOnly(), trainsBelow);
    }

    /** Returns the configuration of a vertex that is written in SameDiff and has parameters. */
    public Optional<SameDiffVertex> sameDiffVertex() {
        return parameters.getConfig() instanceof SameDiffVertex vertex ? Optional.of(vertex) : Optional.empty();
    }

    /** Returns the simple name of the class that configures it. */
    public String type() {
        return configuration()
                .map(Object::getClass)
                .orElse(parameters.getClass())
                .getSimpleName();
    }

    /** Tells whether its configuration can be written to JSON and read again. */
    boolean isStorable() {
        ObjectMapper mapper = NeuralNetConfiguration.mapper();
        try {
            mapper.readValue(mapper.writeValueAsString(given), given.getClass());
            return true;
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** Tells whether its parameters stay as they are. */
    public boolean isFrozen() {
        return parameters instanceof FrozenVertex || isFrozen(layer);
    }

    private static boolean isFrozen(@Nullable Layer layer) {
        return layer instanceof FrozenLayer
                || layer instanceof FrozenLayerWithBackprop
                || (layer instanceof BaseWrapperLayer wrapper && isFrozen(wrapper.getUnderlying()));
    }

    /**
     * Tells whether a parameter serves layerwise pretraining only, such as the visible bias of an autoencoder: DL4J's
     * updater passes it over in every other training, and what stands in the gradient array for it is subtracted raw.
     */
    public boolean isForPretraining(String parameter) {
        return parameters.getConfig().isPretrainParam(parameter);
    }

    /** Tells whether it has parameters that are trained. */
    boolean isTrained() {
        return !isFrozen() && parameters.numParams() > 0;
    }

    /**
     * Tells whether it runs as at test time, also in training; {@code FrozenLayerWithBackprop} does in forward passes
     * only.
     */
    public boolean isInferenceOnly() {
        return isInferenceOnly(layer);
    }

    private static boolean isInferenceOnly(@Nullable Layer layer) {
        return layer instanceof FrozenLayer
                || (layer instanceof BaseWrapperLayer wrapper && isInferenceOnly(wrapper.getUnderlying()));
    }

    /** Tells whether the backward pass ends here. */
    public boolean endsBackpropagation() {
        return layer instanceof FrozenLayer || parameters instanceof FrozenVertex;
    }

    /** Returns the layer as one with a loss, if DL4J finds one: it looks into {@code FrozenLayerWithBackprop} only. */
    public Optional<IOutputLayer> output() {
        return foundByDl4j() instanceof IOutputLayer output ? Optional.of(output) : Optional.empty();
    }

    /**
     * Tells whether it reports the sum of its examples' losses as its score if the network is configured with
     * {@code miniBatch(false)}. Loss layers and center loss report the mean all the same.
     */
    boolean reportsSum() {
        return foundByDl4j() instanceof BaseOutputLayer<?> output && !(output instanceof CenterLossOutputLayer);
    }

    private @Nullable Layer foundByDl4j() {
        return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getInsideLayer() : layer;
    }

    /** Returns the layer that carries a state from time segment to time segment, inside of wrappers too. */
    public Optional<RecurrentLayer> recurrent() {
        return layer().map(Wrapping::innermost)
                .filter(RecurrentLayer.class::isInstance)
                .map(RecurrentLayer.class::cast);
    }

    /** Returns the share of their old value that the moving statistics of a normalizing layer keep. */
    public double movingDecay() {
        return configuration().map(BatchNormalization.class::cast).orElseThrow().getDecay();
    }

    /** Returns how many values of each channel a normalizing layer saw in its last pass, which has not been cleared. */
    public double valuesPerChannel(long channels) {
        return (double) layer().orElseThrow().input().length() / channels;
    }

    /** Returns the number of examples of each class in the labels of an output layer. */
    public double[] classCounts() {
        return output().orElseThrow().getLabels().sum(0).toDoubleVector();
    }

    /** Tells whether a class is DL4J's own or ND4J's, and no user's. */
    public static boolean isDl4js(Object object) {
        return isDl4js(object.getClass());
    }

    static boolean isDl4js(Class<?> type) {
        return type.getName().startsWith(DL4J) || type.getName().startsWith("org.nd4j.");
    }
}
