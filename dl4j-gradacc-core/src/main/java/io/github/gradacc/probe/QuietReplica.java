/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A second network around the parameters of the first: the same array, and everything else its own. It has neither dropout
 * nor weight noise nor workspaces, so that every array it computes stays valid.
 */
final class QuietReplica {

    private QuietReplica() {}

    static MultiLayerNetwork of(MultiLayerNetwork network) {
        MultiLayerConfiguration configuration =
                network.getLayerWiseConfigurations().clone();
        configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
        configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
        configuration.setBackpropType(BackpropType.Standard);
        for (NeuralNetConfiguration layer : configuration.getConfs()) {
            layer.setLayer(quiet(layer.getLayer()));
        }
        MultiLayerNetwork replica = new MultiLayerNetwork(configuration);
        replica.init(parameters(network.numParams(), network.params()), false);
        replica.initGradientsView();
        return replica;
    }

    static ComputationGraph of(ComputationGraph graph) {
        ComputationGraphConfiguration configuration = graph.getConfiguration().clone();
        configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
        configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
        configuration.setBackpropType(BackpropType.Standard);
        for (GraphVertex vertex : configuration.getVertices().values()) {
            if (vertex instanceof LayerVertex layer) {
                layer.getLayerConf().setLayer(quiet(layer.getLayerConf().getLayer()));
            }
        }
        ComputationGraph replica = new ComputationGraph(configuration);
        replica.init(parameters(graph.numParams(), graph.params()), false);
        replica.initGradientsView();
        return replica;
    }

    /** For null, a network without parameters, nothing is drawn either. */
    private static @Nullable INDArray parameters(long count, INDArray parameters) {
        return count == 0 ? null : parameters;
    }

    /** A copy without noise. Wrappers share what they wrap with their clones. */
    private static Layer quiet(Layer layer) {
        Layer quiet = layer.clone();
        quiet.setIDropout(null);
        if (quiet instanceof BaseLayer base) {
            base.setWeightNoise(null);
        }
        if (quiet instanceof BaseWrapperLayer wrapper) {
            wrapper.setUnderlying(quiet(wrapper.getUnderlying()));
        } else if (quiet instanceof Bidirectional both) {
            both.setFwd(quiet(both.getFwd()));
            both.setBwd(quiet(both.getBwd()));
        }
        return quiet;
    }
}
