/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.BatchWatch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.pass.GeneratorState;
import io.github.gradacc.pass.TrainedNetwork;
import java.nio.file.Path;
import java.util.Map;
import org.apiguardian.api.API;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * A trainer that trains epoch by epoch, tells between any two batches where it is, and can be saved there and put back.
 * Owns the trainer. As little thread-safe as that.
 */
@API(status = API.Status.INTERNAL)
public final class TrackedTraining implements AutoCloseable {

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

    /** Returns the number of steps taken. */
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

    /** Where the random generator of the calling thread is; to be handed back, no more. */
    public record Moment(GeneratorState generator) {

        /** Notes where it is now. */
        public static Moment now() {
            return new Moment(GeneratorState.ofThisThread());
        }
    }

    /**
     * Saves the training, between two batches or epochs.
     *
     * @param file where to
     * @param moment where the random generator was
     * @param notes kept with it, and returned by {@link #restore}
     * @throws java.io.UncheckedIOException if it cannot be written; a file that was there stays
     */
    public void save(Path file, Moment moment, Map<String, String> notes) {
        files.save(file, reference, moment.generator(), notes);
    }

    /**
     * Goes on where a training was saved.
     *
     * @param file the file
     * @return its notes, and where the random generator was, into which this thread's was put
     * @throws java.io.UncheckedIOException if the file cannot be read; its cause is a {@code DamagedFileException} if
     *     it is not what was written
     * @throws IllegalArgumentException if it is of another training; nothing is changed then
     */
    public Restored restore(Path file) {
        return guard.exclusively(() -> {
            SavedTraining saved = TrainingFiles.read(file);
            files.restore(saved, file, reference);
            network.clearLayers();
            return new Restored(saved.facts(SavedTraining.NOTE), new Moment(saved.generator()));
        });
    }

    /**
     * What else was in a file.
     *
     * @param notes of whoever saved
     * @param moment where the random generator was
     */
    public record Restored(Map<String, String> notes, Moment moment) {

        /** Puts the random generator of the calling thread there. */
        public void continueGenerator() {
            moment.generator().putIntoThisThread();
        }
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
