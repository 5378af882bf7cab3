/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.LayerFacts;
import io.github.gradacc.dl4j.LayerHelper;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.nd4j.linalg.api.buffer.DataType;

/** The conditions under which a network's gradients can be accumulated, checked before anything is computed. */
final class TrainingRequirements {

    private TrainingRequirements() {}

    /** @throws IllegalStateException if the network cannot be trained; the message says why and what to do */
    static void check(Network network) {
        if (network.model().numParams() == 0) {
            throw new IllegalStateException("The network has no parameters, so there is nothing to train");
        }
        network.missingLoss().ifPresent(missing -> {
            throw new IllegalStateException(missing + ": without one there is no loss and no gradient");
        });
        requireSingleEvaluation(network.model().conf().getOptimizationAlgo());
        if (network.segmentLength().isPresent()) {
            network.layers().forEach(TrainingRequirements::requireCarriesState);
        }
        requireOwnGradients(network);
        network.layers()
                .forEach(layer ->
                        requireRightHelper(layer, network.model().params().dataType()));
    }

    /** Natively, oneDNN's gradients of some pooling are silently others. */
    private static void requireRightHelper(LayerView layer, DataType type) {
        LayerHelper.knownError(layer, type).ifPresent(error -> {
            throw new IllegalStateException("Layer '" + layer.name() + "', a " + layer.type() + ", " + error);
        });
    }

    private static void requireSingleEvaluation(OptimizationAlgorithm algorithm) {
        if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
            throw new IllegalStateException(
                    "Gradient accumulation needs OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT,"
                            + " the network uses " + algorithm
                            + ", which evaluates the loss several times per step: set optimizationAlgo(...) in its"
                            + " configuration");
        }
    }

    /** Natively, truncated BPTT logs a line and takes no step, or cuts along the wrong dimension. */
    private static void requireCarriesState(LayerView layer) {
        LayerFacts facts = layer.facts();
        String which = "Layer '" + layer.name() + "', a " + layer.type() + ",";
        if (facts.readsFromEnd()) {
            throw new IllegalStateException(which + " reads sequences from their end, which truncated BPTT has not"
                    + " reached"
                    + " yet: DL4J cannot train it. Use backpropType(BackpropType.Standard) or layers of one"
                    + " direction");
        }
        if (facts.isTimeSecond()) {
            throw new IllegalStateException(
                    which + " has the data format NWC, but in truncated BPTT DL4J cuts sequences"
                            + " along their last dimension: use RNNFormat.NCW, shape [examples, values, time]");
        }
    }

    private static void requireOwnGradients(Network network) {
        if (network.model().getOptimizer().getGradientsAccumulator() != null) {
            throw new IllegalStateException("The network shares its gradients with others (setGradientsAccumulator was"
                    + " called); accumulate in the network that is trained alone");
        }
    }
}
