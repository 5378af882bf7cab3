/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import java.util.List;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.nd4j.linalg.activations.Activation;

/**
 * A change to the layers of a configuration that somebody else wrote, before a network is made of it.
 *
 * @param name how the network differs, to go after its name
 * @param each what becomes of each layer
 */
record Change(String name, UnaryOperator<Layer> each) {

    static final Change NONE = new Change("", UnaryOperator.identity());

    /** A layer of nothing but dropout hands its input on. */
    static final Change NO_DROPOUT = new Change(" without dropout", Change::withoutDropout);

    /** A layer that hands its input on in place of each. */
    static final Change NO_BATCH_NORM = new Change(" without batch normalization", Change::withoutBatchNorm);

    /** The running statistics, which stand still, in training, too. */
    static final Change FROZEN_BATCH_NORM = new Change(" with frozen batch normalization", Change::withFrozenBatchNorm);

    static final Change NO_GRADIENT_NORMALIZATION =
            new Change(" without gradient normalization", Change::withoutGradientNormalization);

    Change and(Change next) {
        return new Change(name + next.name, layer -> next.each.apply(each.apply(layer)));
    }

    /** Changes the layers given. */
    void applyTo(List<NeuralNetConfiguration> layers) {
        for (NeuralNetConfiguration layer : layers) {
            String name = layer.getLayer().getLayerName();
            layer.setLayer(each.apply(layer.getLayer()));
            layer.getLayer().setLayerName(name);
        }
    }

    private static Layer withoutDropout(Layer layer) {
        layer.setIDropout(null);
        return layer;
    }

    private static Layer withoutBatchNorm(Layer layer) {
        return layer instanceof BatchNormalization ? new ActivationLayer(Activation.IDENTITY) : layer;
    }

    private static Layer withFrozenBatchNorm(Layer layer) {
        return layer instanceof BatchNormalization ? new FrozenLayer(layer) : layer;
    }

    private static Layer withoutGradientNormalization(Layer layer) {
        if (layer instanceof BaseLayer trainable) {
            trainable.setGradientNormalization(GradientNormalization.None);
        }
        return layer;
    }

    @Override
    public String toString() {
        return name;
    }
}
