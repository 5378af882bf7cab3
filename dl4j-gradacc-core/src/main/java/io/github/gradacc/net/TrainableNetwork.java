/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.ConvexOptimizer;
import org.jspecify.annotations.Nullable;

/** The conditions under which a network's gradients can be accumulated, checked before anything is computed. */
final class TrainableNetwork {

    private TrainableNetwork() {}

    static MultiLayerNetwork require(@Nullable MultiLayerNetwork network) {
        if (network == null) {
            throw new IllegalArgumentException("A network is needed, got null");
        }
        requireInitialized(network.isInitCalled());
        requireParameters(network.numParams());
        requireOutputLayer("The last layer", network.getOutputLayer());
        requireSingleEvaluation(network.conf());
        if (network.getLayerWiseConfigurations().getBackpropType() == BackpropType.TruncatedBPTT) {
            TruncatedBptt.requireCarryingLayers(network.getLayers());
        }
        requireUpdater(() -> network.getUpdater());
        requireOwnGradients(network.getOptimizer());
        return network;
    }

    static ComputationGraph require(@Nullable ComputationGraph graph) {
        if (graph == null) {
            throw new IllegalArgumentException("A graph is needed, got null");
        }
        requireInitialized(graph.getLayers() != null);
        requireParameters(graph.numParams());
        for (String name : graph.getConfiguration().getNetworkOutputs()) {
            requireOutputLayer("Output '" + name + "'", outputLayer(graph, name));
        }
        requireSingleEvaluation(graph.conf());
        if (graph.getConfiguration().getBackpropType() == BackpropType.TruncatedBPTT) {
            TruncatedBptt.requireCarryingLayers(graph.getLayers());
        }
        requireUpdater(() -> graph.getUpdater());
        requireOwnGradients(graph.getOptimizer());
        return graph;
    }

    private static @Nullable Layer outputLayer(ComputationGraph graph, String name) {
        Layer layer = graph.getVertex(name).getLayer();
        return layer instanceof FrozenLayerWithBackprop frozen ? frozen.getInsideLayer() : layer;
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalStateException("The network is not initialized: call init() first");
        }
    }

    private static void requireParameters(long parameters) {
        if (parameters == 0) {
            throw new IllegalStateException("The network has no parameters, so there is nothing to train");
        }
    }

    private static void requireOutputLayer(String what, @Nullable Layer layer) {
        if (!(layer instanceof IOutputLayer)) {
            String actual = layer == null
                    ? "a vertex without a layer"
                    : "a " + layer.conf().getLayer().getClass().getSimpleName();
            throw new IllegalStateException(
                    what + " must be an output layer (OutputLayer, RnnOutputLayer, LossLayer, ...)," + " it is "
                            + actual + ": without one there is no loss and no gradient");
        }
    }

    private static void requireSingleEvaluation(NeuralNetConfiguration configuration) {
        OptimizationAlgorithm algorithm = configuration.getOptimizationAlgo();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalStateException(
                    "Gradient accumulation needs OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT,"
                            + " the network uses " + algorithm
                            + ", which evaluates the loss several times per step: set optimizationAlgo(...) in its configuration");
        }
    }

    private static void requireUpdater(Runnable creation) {
        try {
            creation.run();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "DL4J cannot create the network's updater (" + e + "); native training would fail the same way", e);
        }
    }

    private static void requireOwnGradients(ConvexOptimizer optimizer) {
        if (optimizer.getGradientsAccumulator() != null) {
            throw new IllegalStateException("The network shares its gradients with others (setGradientsAccumulator was"
                    + " called); accumulate in the network that is trained alone");
        }
    }
}
