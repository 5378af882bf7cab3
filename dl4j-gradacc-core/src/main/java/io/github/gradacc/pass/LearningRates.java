/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The learning rates of a step, all asked before the step changes anything. DL4J asks for each where it needs it: a
 * schedule that fails for one layer then leaves the updater state of the layers before it moved.
 */
final class LearningRates {

    private LearningRates() {}

    /**
     * Asks for the rate of each parameter that the next step would train.
     *
     * @throws IllegalStateException if an updater has none; the message names layer, parameter and way out
     */
    static void require(Network network) {
        for (LayerView layer : network.layers()) {
            if (layer.parameters().numParams() > 0 && !layer.isFrozen()) {
                layer.parameters().paramTable(false).keySet().stream()
                        .filter(parameter -> !layer.isForPretraining(parameter))
                        .forEach(parameter -> require(network, layer, parameter));
            }
        }
    }

    private static void require(Network network, LayerView layer, String parameter) {
        IUpdater updater = updater(layer, parameter);
        if (updater == null || !updater.hasLearningRate()) {
            return;
        }
        try {
            updater.getLearningRate(network.iteration(), network.epoch());
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "Parameter '" + parameter + "' of layer '" + layer.name() + "' has no learning rate in step "
                            + network.iteration() + ": " + e.getMessage() + ". The step is refused and its window"
                            + " discarded; the network is as after its last step. Give the layer a rate or a schedule"
                            + " that goes on, with setLearningRate(...) of the network, or build it with another one",
                    e);
        }
    }

    private static @Nullable IUpdater updater(LayerView layer, String parameter) {
        return layer.parameters().getConfig().getUpdaterByParam(parameter);
    }
}
