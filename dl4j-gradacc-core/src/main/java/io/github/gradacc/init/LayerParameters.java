/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.SDVertexParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.params.BidirectionalParamInitializer;
import org.deeplearning4j.nn.params.PretrainParamInitializer;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parameters of one layer of a built network: which are weights, which are biases, and how the weights lie.
 *
 * <p>DL4J's {@code ParamInitializer} of the layer decides, with these differences: scales (the gain of layer normalization,
 * the slopes of PReLU, element-wise multiplication, the radius of a one-class output layer) are neither; the visible bias of
 * an autoencoder, which DL4J forgets, is a bias, and so are the biases of a bidirectional layer, for which DL4J returns the
 * weights. Batch normalization has no weights and no biases in DL4J's sense.
 *
 * @param name the name of the layer
 * @param layer its configuration; null for a vertex without one
 * @param weights the weights, views into the network's parameters; none of a frozen layer
 * @param biases the biases, views into the network's parameters; none of a frozen layer
 * @param frozen whether the layer is frozen
 */
record LayerParameters(
        String name, @Nullable Layer layer, List<LayerWeights> weights, List<INDArray> biases, boolean frozen) {

    /** A layer that keeps its parameters. */
    static LayerParameters frozen(String name) {
        return new LayerParameters(name, null, List.of(), List.of(), true);
    }

    static LayerParameters of(org.deeplearning4j.nn.api.Layer layer) {
        Layer configuration = layer.conf().getLayer();
        String name = configuration.getLayerName();
        if (configuration instanceof FrozenLayer
                || configuration instanceof FrozenLayerWithBackprop
                || layer instanceof org.deeplearning4j.nn.layers.FrozenLayer
                || layer instanceof org.deeplearning4j.nn.layers.FrozenLayerWithBackprop) {
            return frozen(name);
        }
        Map<String, Optional<Arrangement>> weights = new LinkedHashMap<>();
        Set<String> biases = new HashSet<>();
        collect(configuration, "", weights, biases);
        return select(name, configuration, layer, weights, biases);
    }

    static LayerParameters of(String name, SameDiffVertex vertex, Trainable parameters) {
        SDVertexParams keys = vertex.getVertexParams();
        Map<String, Arrangement> arrangements = vertex instanceof AttentionVertex ? LayerKinds.ATTENTION : Map.of();
        Map<String, Optional<Arrangement>> weights = new LinkedHashMap<>();
        keys.getWeightParameterKeys().forEach(key -> weights.put(key, Optional.ofNullable(arrangements.get(key))));
        return select(name, null, parameters, weights, Set.copyOf(keys.getBiasParameterKeys()));
    }

    /** Makes new weights without touching the old ones, in the order in which DL4J keeps them. */
    List<INDArray> draw(IWeightInit initializer) {
        List<INDArray> fresh = new ArrayList<>();
        for (LayerWeights weight : weights) {
            try {
                fresh.add(weight.draw(initializer));
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        "Layer '" + name + "', parameter '" + weight.key() + "': " + e.getMessage(), e);
            }
        }
        return fresh;
    }

    /** Copies new weights into the network. */
    void assign(List<INDArray> fresh) {
        for (int i = 0; i < fresh.size(); i++) {
            weights.get(i).view().assign(fresh.get(i));
        }
    }

    private static void collect(
            Layer layer, String prefix, Map<String, Optional<Arrangement>> weights, Set<String> biases) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            collect(wrapper.getUnderlying(), prefix, weights, biases);
        } else if (layer instanceof Bidirectional both) {
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.FORWARD_PREFIX, weights, biases);
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.BACKWARD_PREFIX, weights, biases);
        } else {
            ParamInitializer initializer = layer.initializer();
            for (String key : initializer.weightKeys(layer)) {
                if (!LayerKinds.isScale(layer, key)) {
                    weights.put(prefix + key, LayerKinds.arrangement(layer, key));
                }
            }
            for (String key : initializer.biasKeys(layer)) {
                biases.add(prefix + key);
            }
            if (layer instanceof AutoEncoder) {
                biases.add(prefix + PretrainParamInitializer.VISIBLE_BIAS_KEY);
            }
        }
    }

    private static LayerParameters select(
            String name,
            @Nullable Layer layer,
            Trainable parameters,
            Map<String, Optional<Arrangement>> weights,
            Set<String> biases) {
        List<LayerWeights> selectedWeights = new ArrayList<>();
        List<INDArray> selectedBiases = new ArrayList<>();
        parameters.paramTable(false).forEach((key, view) -> {
            Optional<Arrangement> arrangement = weights.get(key);
            if (arrangement != null) {
                selectedWeights.add(new LayerWeights(key, view, arrangement));
            } else if (biases.contains(key)) {
                selectedBiases.add(view);
            }
        });
        return new LayerParameters(name, layer, List.copyOf(selectedWeights), List.copyOf(selectedBiases), false);
    }
}
