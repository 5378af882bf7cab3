/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.store.DamagedFileException;
import io.github.gradacc.train.SavableTraining;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.apiguardian.api.API;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one training, whatever makes its steps: where they lie, when the next one is due, and whether the
 * process is about to end. Locks the directory, and holds up the end of the process, until it is closed. For the thread
 * that trains.
 */
@API(status = API.Status.INTERNAL)
public final class Checkpoints implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Checkpoints.class);

    private final CheckpointDirectory directory;
    private final SavingTimes times;
    private final StopSignal stop = new StopSignal();
    private int savedIteration;
    private long savedNanos;

    Checkpoints(CheckpointDirectory directory, SavingTimes times) {
        this.directory = directory;
        this.times = times;
    }

    /**
     * Opens the directory of a training.
     *
     * @throws UncheckedIOException if nothing can be written there
     * @throws IllegalStateException if another training uses it
     */
    public static Checkpoints open(CheckpointedTraining settings) {
        return settings.open();
    }

    /**
     * Goes on from the last checkpoint that is whole.
     *
     * @param training put to where that was; not changed if there is none
     * @param accept given the file and its notes before anything is changed; what it throws ends the call
     * @return what else was in it; empty if there is none
     * @throws UncheckedIOException if a checkpoint cannot be read, other than for damage
     * @throws IllegalArgumentException if it is of another training
     */
    public Optional<SavableTraining.Restored> restore(
            SavableTraining training, BiConsumer<Path, Map<String, String>> accept) {
        Optional<SavableTraining.Restored> restored = firstWhole(training, accept);
        savedIteration = training.iteration();
        savedNanos = System.nanoTime();
        return restored;
    }

    private Optional<SavableTraining.Restored> firstWhole(
            SavableTraining training, BiConsumer<Path, Map<String, String>> accept) {
        boolean someDamaged = false;
        for (Path file : directory.newestFirst()) {
            try {
                SavableTraining.Restored restored = training.restore(file, notes -> accept.accept(file, notes));
                log.info("Going on from {}: step {}, {}", file, training.iteration(), restored.notes());
                return Optional.of(restored);
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof DamagedFileException)) {
                    throw e;
                }
                someDamaged = true;
                directory.setAside(file, String.valueOf(e.getCause().getMessage()));
            }
        }
        if (someDamaged) {
            log.warn("No checkpoint is whole: the training begins anew");
        }
        return Optional.empty();
    }

    /** Tells whether the process is about to end, or the thread that trains was interrupted. */
    public boolean isStopAsked() {
        return stop.isGiven();
    }

    /** Tells whether it is time to save a training. */
    public boolean areDue(SavableTraining training) {
        return times.areDue(training.iteration() - savedIteration, System.nanoTime() - savedNanos);
    }

    /** Returns the number of steps at the last checkpoint. */
    public int savedIteration() {
        return savedIteration;
    }

    /**
     * Saves a training, and deletes the oldest checkpoints beyond those that are kept.
     *
     * @param moment where the random generator was
     * @param notes kept with it
     * @throws UncheckedIOException if it cannot be written; those before it stay
     */
    public void save(SavableTraining training, SavableTraining.Moment moment, Map<String, String> notes) {
        long start = System.nanoTime();
        Path file = directory.file(training.iteration());
        training.save(file, moment, notes);
        directory.prune();
        savedIteration = training.iteration();
        savedNanos = System.nanoTime();
        log.debug("Saved {} in {} ms", file, (savedNanos - start) / 1_000_000);
    }

    @Override
    public void close() {
        stop.close();
        directory.close();
    }
}
