/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;

/** The conditions under which a network's gradients can be accumulated, checked before anything is computed. */
final class TrainableNetwork {

    private TrainableNetwork() {}

    static MultiLayerNetwork require(@Nullable MultiLayerNetwork network) {
        if (network == null) {
            throw new IllegalArgumentException("A network is needed, got null");
        }
        if (!network.isInitCalled()) {
            throw new IllegalStateException("The network is not initialised: call network.init() first");
        }
        if (network.numParams() == 0) {
            throw new IllegalStateException("The network has no parameters, so there is nothing to train");
        }
        if (!(network.getOutputLayer() instanceof IOutputLayer)) {
            throw new IllegalStateException(
                    "The last layer must be an output layer (OutputLayer, RnnOutputLayer, LossLayer,"
                            + " ...), it is "
                            + network.getOutputLayer()
                                    .conf()
                                    .getLayer()
                                    .getClass()
                                    .getSimpleName()
                            + ": without one there is no loss and no gradient");
        }
        OptimizationAlgorithm algorithm = network.conf().getOptimizationAlgo();
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalStateException(
                    "Gradient accumulation needs OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT,"
                            + " the network uses " + algorithm
                            + ", which evaluates the loss several times per step: set optimizationAlgo(...) in its configuration");
        }
        if (network.getLayerWiseConfigurations().getBackpropType() == BackpropType.TruncatedBPTT) {
            throw new IllegalStateException(
                    "Truncated BPTT takes one step per time segment, which this version does not"
                            + " accumulate: use backpropType(BackpropType.Standard)");
        }
        requireUpdater(network);
        if (network.getOptimizer().getGradientsAccumulator() != null) {
            throw new IllegalStateException("The network shares its gradients with others (setGradientsAccumulator was"
                    + " called); accumulate in the network that is trained alone");
        }
        return network;
    }

    private static void requireUpdater(MultiLayerNetwork network) {
        try {
            network.getUpdater();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "DL4J cannot create the network's updater (" + e + "); native training would fail the same way", e);
        }
    }
}
