/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers with a loss, frozen or not. */
final class Losses {

    private Losses() {}

    static boolean has(@Nullable Layer layer) {
        return layer != null && inside(layer) instanceof IOutputLayer;
    }

    static void setLabels(Layer layer, INDArray labels) {
        require(layer);
        ((IOutputLayer) inside(layer)).setLabels(labels);
    }

    static void require(Layer layer) {
        if (!has(layer)) {
            throw new IllegalArgumentException("Labels need a layer with a loss at each output, got a " + typeOf(layer)
                    + ": probe without labels, or add an output layer");
        }
    }

    static String typeOf(Layer layer) {
        return layer.conf().getLayer().getClass().getSimpleName();
    }

    private static Layer inside(Layer layer) {
        return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getInsideLayer() : layer;
    }
}
