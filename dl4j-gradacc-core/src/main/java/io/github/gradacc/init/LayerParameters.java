/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.layers.ocnn.OCNNParamInitializer;
import org.deeplearning4j.nn.params.BidirectionalParamInitializer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.params.PretrainParamInitializer;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The parameters of one layer of a built network: which are weights, which are biases, and how the weights lie.
 *
 * <p>DL4J's {@code ParamInitializer} of the layer decides, with these differences: scales (the gain of layer normalisation,
 * the slopes of PReLU, element-wise multiplication, the radius of a one-class output layer) are neither; the visible bias of
 * an autoencoder, which DL4J forgets, is a bias, and so are the biases of a bidirectional layer, for which DL4J returns the
 * weights. Batch normalisation has no weights and no biases in DL4J's sense.
 *
 * @param name the name of the layer
 * @param layer its configuration; null for a vertex without one
 * @param weights the weights, views into the network's parameters
 * @param biases the biases, views into the network's parameters
 * @param layout how the weights lie
 * @param frozen whether the layer is frozen
 */
record LayerParameters(
        String name,
        @Nullable Layer layer,
        List<INDArray> weights,
        List<INDArray> biases,
        Optional<Layout> layout,
        boolean frozen) {

    private static final Set<String> SCALES = Set.of(DefaultParamInitializer.GAIN_KEY, OCNNParamInitializer.R_KEY);

    static LayerParameters of(org.deeplearning4j.nn.api.Layer layer) {
        Layer configuration = layer.conf().getLayer();
        boolean frozen = configuration instanceof FrozenLayer
                || configuration instanceof FrozenLayerWithBackprop
                || layer instanceof org.deeplearning4j.nn.layers.FrozenLayer
                || layer instanceof org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
        Set<String> weights = new HashSet<>();
        Set<String> biases = new HashSet<>();
        if (!frozen) {
            collect(configuration, "", weights, biases);
        }
        return new LayerParameters(
                configuration.getLayerName(),
                configuration,
                select(layer, weights),
                select(layer, biases),
                LayerKinds.layoutOf(configuration),
                frozen);
    }

    static LayerParameters of(String name, SameDiffVertex vertex, Trainable parameters, boolean frozen) {
        Set<String> weights =
                frozen ? Set.of() : Set.copyOf(vertex.getVertexParams().getWeightParameterKeys());
        Set<String> biases =
                frozen ? Set.of() : Set.copyOf(vertex.getVertexParams().getBiasParameterKeys());
        return new LayerParameters(
                name,
                null,
                select(parameters, weights),
                select(parameters, biases),
                vertex instanceof AttentionVertex ? Optional.of(Layout.ATTENTION) : Optional.empty(),
                frozen);
    }

    /** Makes new weights without touching the old ones, in the order in which DL4J keeps them. */
    List<INDArray> draw(IWeightInit initializer) {
        IWeightInit inLayout = layout.filter(layout -> !(initializer instanceof InLayout))
                .map(layout -> layout.of(initializer))
                .orElse(initializer);
        List<INDArray> fresh = new ArrayList<>();
        for (INDArray weight : weights) {
            INDArray flat = Nd4j.createUninitialized(weight.dataType(), weight.length());
            Fans fans = Fans.of(weight.shape());
            fresh.add(inLayout.init(fans.in(), fans.out(), weight.shape(), weight.ordering(), flat));
        }
        return fresh;
    }

    /** Copies new weights into the network. */
    void assign(List<INDArray> fresh) {
        for (int i = 0; i < fresh.size(); i++) {
            weights.get(i).assign(fresh.get(i));
        }
    }

    private static void collect(Layer layer, String prefix, Set<String> weights, Set<String> biases) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            collect(wrapper.getUnderlying(), prefix, weights, biases);
        } else if (layer instanceof Bidirectional both) {
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.FORWARD_PREFIX, weights, biases);
            collect(both.getFwd(), prefix + BidirectionalParamInitializer.BACKWARD_PREFIX, weights, biases);
        } else if (!(layer instanceof PReLULayer)) {
            for (String key : layer.initializer().weightKeys(layer)) {
                if (!SCALES.contains(key) && !(layer instanceof ElementWiseMultiplicationLayer)) {
                    weights.add(prefix + key);
                }
            }
            for (String key : layer.initializer().biasKeys(layer)) {
                biases.add(prefix + key);
            }
            biases.add(prefix + PretrainParamInitializer.VISIBLE_BIAS_KEY);
        }
    }

    private static List<INDArray> select(Trainable parameters, Set<String> names) {
        List<INDArray> selected = new ArrayList<>();
        for (Map.Entry<String, INDArray> entry : parameters.paramTable(false).entrySet()) {
            if (names.contains(entry.getKey())) {
                selected.add(entry.getValue());
            }
        }
        return List.copyOf(selected);
    }
}
