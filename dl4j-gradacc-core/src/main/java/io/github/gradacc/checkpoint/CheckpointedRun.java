/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.train.EpochWatch;
import io.github.gradacc.train.SavableTraining;
import io.github.gradacc.train.TrackedTraining;
import io.github.gradacc.train.TrainingInterruptedException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a training that may have been begun by earlier ones.
 *
 * <pre>
 *   restore the last checkpoint that is whole, if there is one
 *   bring the iterator to where that was
 *   for each epoch that is left:
 *       train; between two batches: save if it is time, save and end if asked to stop
 *   save
 * </pre>
 */
final class CheckpointedRun implements EpochWatch {

    private static final Logger log = LoggerFactory.getLogger(CheckpointedRun.class);

    private final Checkpoints checkpoints;
    private final TrackedTraining training;

    private Position position = Position.START;
    private @Nullable MultiDataSet lastBatch;
    private @Nullable Boundary boundary;
    private boolean isStopped;

    CheckpointedRun(Checkpoints checkpoints, TrackedTraining training) {
        this.checkpoints = checkpoints;
        this.training = training;
    }

    /** A moment of this epoch, between two batches, without an open window: an interrupted window falls back to it. */
    private record Boundary(int iteration, Position position, SavableTraining.Moment moment) {}

    /**
     * Trains to the end.
     *
     * @param epochs of all runs together
     */
    void train(MultiDataSetIterator iterator, @Nullable Seekable seekable, int epochs) {
        Optional<SavableTraining.Restored> restored =
                checkpoints.restore(training, (file, notes) -> position = position(notes, file));
        if (position.epoch() >= epochs) {
            log.info(
                    "The training has had {} of {} epochs already, so there is nothing to do",
                    position.epoch(),
                    epochs);
            return;
        }
        if (restored.isPresent()) {
            new Positioning(iterator, seekable).moveTo(position);
            // Reading may have drawn random numbers.
            restored.get().continueGenerator();
        }
        try {
            while (position.epoch() < epochs) {
                epoch(iterator, position.epoch() + 1 == epochs);
            }
        } catch (TrainingInterruptedException e) {
            throw isStopped ? e : saveBoundary(e);
        }
    }

    private void epoch(MultiDataSetIterator iterator, boolean isLast) {
        training.epoch(iterator, position.used() > 0, this);
        position = position.nextEpoch();
        lastBatch = null;
        boundary = null;
        if (isLast || checkpoints.areDue(training)) {
            save();
        }
    }

    private static Position position(Map<String, String> notes, Path file) {
        try {
            return Position.of(notes);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " is no checkpoint of this kind. " + e.getMessage(), e);
        }
    }

    @Override
    public void taken(MultiDataSet batch) {
        Optional<String> first = position.used() > 0 ? position.firstOfEpoch() : Optional.of(BatchPrint.of(batch));
        position = new Position(
                position.epoch(), position.used() + 1, position.firstOfAll().or(() -> first), first, Optional.empty());
        lastBatch = batch;
    }

    @Override
    public void between() {
        if (checkpoints.isStopAsked()) {
            save();
            isStopped = true;
            String words = "Training was asked to stop and is saved at step " + training.iteration() + ", batch "
                    + position.used() + " of epoch " + position.epoch() + ": run it again to go on";
            log.info(words);
            throw TrackedTraining.interrupted(words);
        }
        if (training.isWindowOpen()) {
            return;
        }
        if (checkpoints.areDue(training)) {
            save();
        }
        boundary = new Boundary(training.iteration(), position, SavableTraining.Moment.now());
    }

    private void save() {
        MultiDataSet last = lastBatch;
        Position now = last == null
                ? position
                : new Position(
                        position.epoch(),
                        position.used(),
                        position.firstOfAll(),
                        position.firstOfEpoch(),
                        Optional.of(BatchPrint.of(last)));
        save(now, SavableTraining.Moment.now());
    }

    private void save(Position at, SavableTraining.Moment moment) {
        checkpoints.save(training, moment, at.toNotes());
    }

    /**
     * An interrupt came in the middle of a window, which is gone. The network is as after the last step, and so that
     * is what is saved; unless part of the window was carried over from an epoch before, or had led to steps of
     * truncated BPTT: then the last checkpoint is what there is.
     */
    private TrainingInterruptedException saveBoundary(TrainingInterruptedException interrupted) {
        Boundary last = boundary;
        boolean isThere = last != null && last.iteration() == training.iteration();
        if (last != null && isThere) {
            save(last.position(), last.moment());
        }
        TrainingInterruptedException saved = TrackedTraining.interrupted("Training was interrupted, and is saved "
                + (isThere
                        ? "at step " + training.iteration()
                        : "as of the last checkpoint before, step " + checkpoints.savedIteration())
                + ": run it again to go on");
        saved.addSuppressed(interrupted);
        return saved;
    }
}
