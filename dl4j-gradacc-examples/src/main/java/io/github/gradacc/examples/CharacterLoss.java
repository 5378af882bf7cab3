/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/**
 * Listens to training and keeps the loss of each epoch, in nats per character.
 *
 * <p>DL4J's score of a step is the sum over time, averaged over the examples. Multiplied by the number of examples
 * and summed over the steps of an epoch, it is the loss of the whole text, each part measured before its step. This
 * holds for networks without regularization.
 */
final class CharacterLoss extends BaseTrainingListener {

    private final long characters;
    private final List<Double> epochs = new ArrayList<>();
    private double sum;

    /** @param characters the number of characters that are predicted in an epoch */
    CharacterLoss(long characters) {
        this.characters = characters;
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        sum += model.score() * model.batchSize();
    }

    @Override
    public void onEpochEnd(Model model) {
        epochs.add(sum / characters);
        sum = 0;
    }

    /** One number for each epoch so far. */
    List<Double> epochs() {
        return List.copyOf(epochs);
    }

    double last() {
        return epochs.get(epochs.size() - 1);
    }
}
