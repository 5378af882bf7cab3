/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.params.BidirectionalParamInitializer;
import org.deeplearning4j.nn.params.PretrainParamInitializer;

/**
 * DL4J's keys of a layer's weights and biases, those of layers inside of it included.
 *
 * <p>DL4J's {@code ParamInitializer} of the layer decides, with these differences: scales (the gain of layer
 * normalization, the slopes of PReLU, element-wise multiplication, the radius of a one-class output layer) are neither;
 * the visible bias of an autoencoder, which DL4J forgets, is a bias, and so are the biases of a bidirectional layer,
 * for which DL4J returns the weights. Batch normalization has no weights and no biases in DL4J's sense.
 */
@API(status = API.Status.INTERNAL)
public final class ParameterKeys {

    private final LayerFacts facts;
    private final Map<String, Optional<Reorder>> weights = new HashMap<>();
    private final Set<String> biases = new HashSet<>();

    /** Reads the keys of a layer or a vertex. */
    public ParameterKeys(LayerView layer) {
        facts = layer.facts();
        layer.configuration().ifPresent(configuration -> add(configuration, ""));
        layer.sameDiffVertex()
                .ifPresent(vertex -> add(
                        "",
                        vertex.getVertexParams().getWeightParameterKeys(),
                        vertex.getVertexParams().getBiasParameterKeys()));
    }

    private void add(Layer configuration, String prefix) {
        Optional<Layer> inner = Wrapping.inner(configuration);
        if (configuration instanceof Bidirectional both) {
            add(both.getFwd(), prefix + BidirectionalParamInitializer.FORWARD_PREFIX);
            add(both.getFwd(), prefix + BidirectionalParamInitializer.BACKWARD_PREFIX);
        } else if (inner.isPresent()) {
            add(inner.get(), prefix);
        } else {
            add(
                    prefix,
                    configuration.initializer().weightKeys(configuration),
                    configuration.initializer().biasKeys(configuration));
            if (configuration instanceof AutoEncoder) {
                biases.add(prefix + PretrainParamInitializer.VISIBLE_BIAS_KEY);
            }
        }
    }

    private void add(String prefix, List<String> weightKeys, List<String> biasKeys) {
        weightKeys.stream()
                .filter(key -> !facts.isScale(key))
                .forEach(key -> weights.put(prefix + key, facts.reorder(key)));
        biasKeys.forEach(key -> biases.add(prefix + key));
    }

    /** Returns the keys of the weights, each with the memory layout of the weight; empty for the standard shapes. */
    public Map<String, Optional<Reorder>> weights() {
        return weights;
    }

    /** Returns the keys of the biases. */
    public Set<String> biases() {
        return biases;
    }
}
