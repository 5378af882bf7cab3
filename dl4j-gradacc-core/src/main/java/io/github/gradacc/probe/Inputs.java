/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The inputs of a network that have a scale. Indices of words have none. */
final class Inputs {

    private Inputs() {}

    static List<Signal> of(MultiLayerNetwork network, INDArray features) {
        return takesIndices(network.getLayer(0).conf().getLayer()) ? List.of() : List.of(Signal.of(features));
    }

    static List<Signal> of(ComputationGraph graph, INDArray... features) {
        List<Signal> signals = new ArrayList<>();
        for (GraphVertex vertex : graph.getVertices()) {
            if (vertex.isInputVertex() && !feedsEmbedding(vertex, graph)) {
                signals.add(Signal.of(features[vertex.getVertexIndex()]));
            }
        }
        return signals;
    }

    private static boolean feedsEmbedding(GraphVertex input, ComputationGraph graph) {
        for (VertexIndices consumer : input.getOutputVertices()) {
            GraphVertex vertex = graph.getVertices()[consumer.getVertexIndex()];
            if (vertex.hasLayer() && takesIndices(vertex.getLayer().conf().getLayer())) {
                return true;
            }
        }
        return false;
    }

    private static boolean takesIndices(Layer layer) {
        if (layer instanceof FrozenLayer frozen) {
            return takesIndices(frozen.getLayer());
        } else if (layer instanceof BaseWrapperLayer wrapper) {
            return takesIndices(wrapper.getUnderlying());
        }
        return layer instanceof EmbeddingLayer || layer instanceof EmbeddingSequenceLayer;
    }
}
