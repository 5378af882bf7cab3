/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.jspecify.annotations.Nullable;

/** Why the output of a layer does not follow the scale of its weights, or cannot be seen to. */
final class LsuvObstacles {

    private static final String NONE = "";
    private static final String SEVERAL = "its output is no linear function of its weights";
    private static final String HIDDEN =
            "its activation function is a part of its SameDiff graph, so that the output before it is not to be had";

    private static final ClassTable<Layer, String> OBSTACLES = new ClassTable<Layer, String>()
            .put(NONE, BaseLayer.class)
            .put("it is recurrent: its output is no linear function of its weights", BaseRecurrentLayer.class)
            .put(
                    "it is attention: its output is no linear function of its weights",
                    SelfAttentionLayer.class,
                    LearnedSelfAttentionLayer.class,
                    RecurrentAttentionLayer.class)
            .put(SEVERAL, VariationalAutoencoder.class, OCNNOutputLayer.class, CapsuleLayer.class)
            .put(HIDDEN, LocallyConnected1D.class, LocallyConnected2D.class, PrimaryCapsules.class);

    private LsuvObstacles() {}

    /**
     * Looks a layer up.
     *
     * @param layer the layer inside all wrappers; null for a vertex with parameters
     * @return the reason, empty if there is none
     */
    static String of(@Nullable Layer layer) {
        if (layer == null) {
            return SEVERAL;
        }
        if (layer instanceof DenseLayer dense && dense.hasLayerNorm()) {
            return "layer normalization undoes any scale";
        }
        return OBSTACLES
                .of(layer)
                .orElse("its type, " + layer.getClass().getSimpleName()
                        + ", does not say where its activation function is");
    }
}
