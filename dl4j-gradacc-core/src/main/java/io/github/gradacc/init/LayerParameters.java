/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.dl4j.LayerFacts;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Reorder;
import io.github.gradacc.dl4j.Wrapping;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.params.BidirectionalParamInitializer;
import org.deeplearning4j.nn.params.PretrainParamInitializer;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parameters of one layer of a built network: which are weights, which are biases, and how the weights lie in
 * memory.
 *
 * <p>DL4J's {@code ParamInitializer} of the layer decides, with these differences: scales (the gain of layer
 * normalization, the slopes of PReLU, element-wise multiplication, the radius of a one-class output layer) are neither;
 * the visible bias of an autoencoder, which DL4J forgets, is a bias, and so are the biases of a bidirectional layer,
 * for which DL4J returns the weights. Batch normalization has no weights and no biases in DL4J's sense.
 */
final class LayerParameters {

    private final LayerView layer;
    private final LayerFacts facts;
    private final Map<String, Optional<Reorder>> weightKeys = new HashMap<>();
    private final Set<String> biasKeys = new HashSet<>();
    private final List<LayerWeights> weights = new ArrayList<>();
    private final List<INDArray> biases = new ArrayList<>();

    /** A frozen layer, which keeps its parameters, has no weights and no biases here. */
    LayerParameters(LayerView layer) {
        this.layer = layer;
        facts = layer.facts();
        if (layer.isFrozen() || layer.parameters().numParams() == 0) {
            return;
        }
        layer.configuration().ifPresent(configuration -> collect(configuration, ""));
        layer.sameDiffVertex()
                .ifPresent(vertex -> collect(
                        "",
                        vertex.getVertexParams().getWeightParameterKeys(),
                        vertex.getVertexParams().getBiasParameterKeys()));
        layer.parameters().paramTable(false).forEach((key, view) -> {
            Optional<Reorder> reorder = weightKeys.get(key);
            if (reorder != null) {
                weights.add(new LayerWeights(key, view, reorder));
            } else if (biasKeys.contains(key)) {
                biases.add(view);
            }
        });
    }

    private void collect(Layer configuration, String prefix) {
        Optional<Layer> inner = Wrapping.inner(configuration);
        if (configuration instanceof Bidirectional both) {
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.FORWARD_PREFIX);
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.BACKWARD_PREFIX);
        } else if (inner.isPresent()) {
            collect(inner.get(), prefix);
        } else {
            collect(
                    prefix,
                    configuration.initializer().weightKeys(configuration),
                    configuration.initializer().biasKeys(configuration));
            if (configuration instanceof AutoEncoder) {
                biasKeys.add(prefix + PretrainParamInitializer.VISIBLE_BIAS_KEY);
            }
        }
    }

    private void collect(String prefix, List<String> newWeights, List<String> newBiases) {
        newWeights.stream()
                .filter(key -> !facts.isScale(key))
                .forEach(key -> weightKeys.put(prefix + key, facts.reorder(key)));
        newBiases.forEach(key -> biasKeys.add(prefix + key));
    }

    LayerView layer() {
        return layer;
    }

    /** Returns the weights, views into the network's parameters, in the order in which DL4J keeps them. */
    List<LayerWeights> weights() {
        return weights;
    }

    /** Returns the biases, views into the network's parameters. */
    List<INDArray> biases() {
        return biases;
    }

    /** Draws new weights without touching the old ones. */
    List<INDArray> draw(IWeightInit initializer) {
        List<INDArray> fresh = new ArrayList<>();
        for (LayerWeights weight : weights) {
            try {
                fresh.add(weight.draw(initializer));
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        "Layer '" + layer.name() + "', parameter '" + weight.key() + "': " + e.getMessage(), e);
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
}
