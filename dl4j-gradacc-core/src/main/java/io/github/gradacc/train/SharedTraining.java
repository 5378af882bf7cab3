/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.TrainedNetwork;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.apiguardian.api.API;

/**
 * The training of {@link SharedSteps}, to be saved between two windows. Callers hold the network's monitor. There is
 * never a window in its files: shares are added within a step.
 */
@API(status = API.Status.INTERNAL)
public final class SharedTraining implements SavableTraining {

    private final TrainedNetwork network;
    private final TrainingFiles files;
    private final String reference;

    SharedTraining(TrainedNetwork network, TrainingFiles files) {
        this.network = network;
        this.files = files;
        reference = files.configuration();
    }

    @Override
    public int iteration() {
        return network.iteration();
    }

    @Override
    public void save(Path file, Moment moment, Map<String, String> notes) {
        files.save(file, reference, moment.generator(), notes);
    }

    @Override
    public Restored restore(Path file, Consumer<Map<String, String>> accept) {
        SavedTraining saved = TrainingFiles.read(file);
        files.restore(saved, file, reference, accept);
        network.clearLayers();
        return new Restored(saved.facts(SavedTraining.NOTE), new Moment(saved.generator()));
    }
}
