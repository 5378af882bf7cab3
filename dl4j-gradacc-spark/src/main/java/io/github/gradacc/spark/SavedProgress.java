/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.checkpoint.Checkpoints;
import io.github.gradacc.train.SavableTraining;
import io.github.gradacc.train.SavableTraining.Moment;
import io.github.gradacc.train.SharedTraining;
import io.github.gradacc.train.TrackedTraining;
import io.github.gradacc.train.TrainingInterruptedException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Checkpoints on the driver, between two steps. Where training is in the data is a number of windows; that the data is
 * the same is seen by its batches, which are counted before.
 */
final class SavedProgress implements Progress {

    private static final String DATA = "data";

    private final Checkpoints checkpoints;
    private final SharedTraining training;
    private String data = "";
    private Place last = Place.START;
    private int iteration;
    private Moment moment = Moment.now();

    /**
     * Opens the directory.
     *
     * @throws java.io.UncheckedIOException if nothing can be written there
     * @throws IllegalStateException if another training uses it
     */
    SavedProgress(CheckpointedTraining settings, SharedTraining training) {
        this.training = training;
        checkpoints = Checkpoints.open(settings);
    }

    @Override
    public Place begin(String print) {
        data = print;
        Optional<SavableTraining.Restored> restored = checkpoints.restore(training, this::requireSameData);
        last = restored.map(found -> Place.of(found.notes())).orElse(Place.START);
        note();
        return last;
    }

    private void requireSameData(Path file, Map<String, String> notes) {
        String before = notes.getOrDefault(DATA, "unknown");
        if (!before.equals(data)) {
            throw new IllegalArgumentException("The training in " + file + " had other data, or the same in other"
                    + " partitions or another order: " + before + ", now " + data
                    + ". Nothing is changed. Sort the data,"
                    + " and set partitions(n) where its own partitions follow the size of the cluster; or begin anew"
                    + " with another directory");
        }
    }

    @Override
    public void reached(Place now) {
        last = now;
        note();
        if (checkpoints.isStopAsked()) {
            save();
            throw stopped(true);
        }
        if (checkpoints.areDue(training)) {
            save();
        }
    }

    @Override
    public void ended(Place now) {
        last = now;
        note();
        save();
    }

    /** The window is lost, and the network as after the last step; unless that was taken and a listener failed. */
    @Override
    public void failed(Exception failure) {
        boolean isInterrupt = failure instanceof InterruptedException;
        if (isInterrupt) {
            Thread.currentThread().interrupt();
        }
        if (isInterrupt || checkpoints.isStopAsked()) {
            boolean isThere = training.iteration() == iteration;
            if (isThere) {
                save();
            }
            TrainingInterruptedException interrupted = stopped(isThere);
            interrupted.addSuppressed(failure);
            throw interrupted;
        }
    }

    private TrainingInterruptedException stopped(boolean isSaved) {
        return TrackedTraining.interrupted("Training was asked to stop and is saved at step "
                + (isSaved ? iteration : checkpoints.savedIteration()) + ": run it again to go on");
    }

    private void note() {
        iteration = training.iteration();
        moment = Moment.now();
    }

    private void save() {
        Map<String, String> notes = new TreeMap<>(last.toNotes());
        notes.put(DATA, data);
        checkpoints.save(training, moment, notes);
    }

    @Override
    public void close() {
        checkpoints.close();
    }
}
