/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.pass.TrainedNetwork;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The epochs of one call of {@code fit}, from where an earlier run of the program may have stopped. */
final class Epochs {

    private static final Logger log = LoggerFactory.getLogger(Epochs.class);

    private final TrainedNetwork network;
    private final int batchesPerStep;
    private final Progress progress;

    Epochs(TrainedNetwork network, int batchesPerStep, Progress progress) {
        this.network = network;
        this.batchesPerStep = batchesPerStep;
        this.progress = progress;
    }

    /**
     * Trains to the end.
     *
     * @param epochs of all runs together
     * @param step takes a step on a window
     */
    void train(Plan plan, int epochs, Consumer<Plan.Window> step) {
        Place place = progress.begin(plan.print());
        if (place.epoch() >= epochs) {
            log.info("The training has had {} of {} epochs already, so there is nothing to do", place.epoch(), epochs);
        }
        while (place.epoch() < epochs) {
            place = epoch(plan, place, step);
            if (place.epoch() == epochs) {
                progress.ended(place);
            } else {
                progress.reached(place);
            }
        }
    }

    private Place epoch(Plan plan, Place begun, Consumer<Plan.Window> step) {
        network.startEpoch();
        Place place = begun;
        long from = (long) place.windows() * batchesPerStep;
        while (from < plan.batches()) {
            Plan.Window window = plan.window((int) from, (int) Math.min(plan.batches(), from + batchesPerStep));
            try {
                step.accept(window);
            } catch (Exception e) {
                progress.failed(e);
                throw e;
            }
            place = place.nextWindow();
            from += batchesPerStep;
            if (from < plan.batches()) {
                progress.reached(place);
            }
        }
        network.endEpoch();
        return place.nextEpoch();
    }
}
