/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.ParameterKeys;
import io.github.gradacc.dl4j.Reorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The parameters of one layer of a built network: its weights and its biases, as {@link ParameterKeys} tells them. */
final class LayerParameters {

    private final LayerView layer;
    private final List<LayerWeights> weights = new ArrayList<>();
    private final List<INDArray> biases = new ArrayList<>();

    /** A frozen layer, which keeps its parameters, has no weights and no biases here. */
    LayerParameters(LayerView layer) {
        this.layer = layer;
        if (layer.isFrozen() || layer.parameters().numParams() == 0) {
            return;
        }
        ParameterKeys keys = new ParameterKeys(layer);
        layer.parameters().paramTable(false).forEach((key, view) -> {
            Optional<Reorder> reorder = keys.weights().get(key);
            if (reorder != null) {
                weights.add(new LayerWeights(key, view, reorder));
            } else if (keys.biases().contains(key)) {
                biases.add(view);
            }
        });
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
