/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Changes to a configuration that somebody else wrote, before a network is made of it. Each method changes the
 * configuration it is given, so give it a new one.
 */
final class Configurations {

    private Configurations() {}

    /** In DOUBLE. */
    static MultiLayerConfiguration inDouble(MultiLayerConfiguration configuration) {
        configuration.setDataType(DataType.DOUBLE);
        return configuration;
    }

    /** In DOUBLE. */
    static ComputationGraphConfiguration inDouble(ComputationGraphConfiguration configuration) {
        configuration.setDataType(DataType.DOUBLE);
        return configuration;
    }

    /** The cross-entropy of what the last layer makes, for networks that end without a loss. */
    static void endWithLoss(MultiLayerConfiguration configuration) {
        configuration
                .getConfs()
                .add(new NeuralNetConfiguration.Builder()
                        .layer(new LossLayer.Builder(LossFunction.MCXENT)
                                .activation(Activation.IDENTITY)
                                .build())
                        .build());
    }

    /** Layers with an eighth of their units or channels, where that is a whole number above one. */
    static void narrow(MultiLayerConfiguration configuration, InputType input) {
        narrow(configuration.getConfs());
        Map<Integer, InputPreProcessor> preProcessors = configuration.getInputPreProcessors();
        preProcessors.clear();
        InputType type = input;
        for (int i = 0; i < configuration.getConfs().size(); i++) {
            Layer layer = configuration.getConf(i).getLayer();
            InputPreProcessor preProcessor = layer.getPreProcessorForInputType(type);
            if (preProcessor != null) {
                preProcessors.put(i, preProcessor);
                type = preProcessor.getOutputType(type);
            }
            layer.setNIn(type, true);
            type = layer.getOutputType(i, type);
        }
    }

    /** Layers with an eighth of their units or channels, where that is a whole number above one. */
    static void narrow(ComputationGraphConfiguration configuration, InputType input) {
        narrow(layers(configuration));
        layerVertices(configuration).forEach(vertex -> vertex.setPreProcessor(null));
        configuration.addPreProcessors(input);
    }

    private static void narrow(List<NeuralNetConfiguration> layers) {
        for (NeuralNetConfiguration each : layers) {
            if (each.getLayer() instanceof FeedForwardLayer layer && layer.getNOut() > 8 && layer.getNOut() % 8 == 0) {
                layer.setNOut(layer.getNOut() / 8);
            }
        }
    }

    /** The layers of a graph. */
    static List<NeuralNetConfiguration> layers(ComputationGraphConfiguration configuration) {
        return layerVertices(configuration).stream()
                .map(LayerVertex::getLayerConf)
                .toList();
    }

    private static List<LayerVertex> layerVertices(ComputationGraphConfiguration configuration) {
        return configuration.getVertices().values().stream()
                .filter(LayerVertex.class::isInstance)
                .map(LayerVertex.class::cast)
                .toList();
    }
}
