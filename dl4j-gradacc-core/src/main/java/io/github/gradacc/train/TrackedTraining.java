/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.BatchWatch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.pass.TrainedNetwork;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * A trainer that trains epoch by epoch, tells between any two batches where it is, and can be saved there and put back.
 * Owns the trainer. As little thread-safe as that.
 */
@API(status = API.Status.INTERNAL)
public final class TrackedTraining implements SavableTraining, AutoCloseable {

    private final GradientAccumulationTrainer trainer;
    private final TrainedNetwork network;
    private final AccumulationLoop loop;
    private final TrainingGuard guard;
    private final TrainingFiles files;
    private final String reference;

    private TrackedTraining(
            GradientAccumulationTrainer trainer,
            TrainedNetwork network,
            AccumulationLoop loop,
            TrainingGuard guard,
            TrainingFiles files) {
        this.trainer = trainer;
        this.network = network;
        this.loop = loop;
        this.guard = guard;
        this.files = files;
        reference = files.configuration();
    }

    /** Takes over a trainer; its network's configuration now is the one that later runs must have. */
    public static TrackedTraining of(GradientAccumulationTrainer trainer) {
        return trainer.track(TrackedTraining::new);
    }

    /** Makes an instance from the parts of a trainer. */
    interface Maker {

        TrackedTraining make(
                GradientAccumulationTrainer trainer,
                TrainedNetwork network,
                AccumulationLoop loop,
                TrainingGuard guard,
                TrainingFiles files);
    }

    @Override
    public int iteration() {
        return network.iteration();
    }

    /** Returns the number of epochs completed. */
    public int epoch() {
        return network.epoch();
    }

    /** Tells whether a window is open. */
    public boolean isWindowOpen() {
        return loop.window().isOpen();
    }

    /**
     * Trains to the end of an epoch.
     *
     * @param iterator stands at the first batch that is not used yet
     * @param isBegun whether batches of the epoch were used before; if so the iterator may be at its end
     * @param watch told of each batch
     */
    public void epoch(MultiDataSetIterator iterator, boolean isBegun, EpochWatch watch) {
        guard.exclusively(() -> guard.orDiscard(() -> {
            try (Batches batches = Batches.watched(iterator, isBegun, forBatches(watch))) {
                if (isBegun && !batches.hasNext()) {
                    loop.endBegunEpoch();
                    return false;
                }
                return loop.epoch(batches, report -> false);
            }
        }));
    }

    private static BatchWatch forBatches(EpochWatch watch) {
        return new BatchWatch() {

            @Override
            public void between() {
                watch.between();
            }

            @Override
            public void taken(MultiDataSet batch) {
                watch.taken(batch);
            }
        };
    }

    @Override
    public void save(Path file, Moment moment, Map<String, String> notes) {
        files.save(file, reference, moment.generator(), notes);
    }

    @Override
    public Restored restore(Path file, Consumer<Map<String, String>> accept) {
        return guard.exclusively(() -> {
            SavedTraining saved = TrainingFiles.read(file);
            files.restore(saved, file, reference, accept);
            network.clearLayers();
            return new Restored(saved.facts(SavedTraining.NOTE), new Moment(saved.generator()));
        });
    }

    /** Returns what to throw when training ends because it was asked to. */
    public static TrainingInterruptedException interrupted(String message) {
        return new TrainingInterruptedException(message);
    }

    @Override
    public void close() {
        trainer.close();
    }
}
