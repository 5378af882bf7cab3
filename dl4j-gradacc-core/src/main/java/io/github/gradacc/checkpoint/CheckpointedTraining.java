/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.train.Arguments;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.TrackedTraining;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * Trains with checkpoints in a directory. A program that is stopped, at any moment and in any way, is simply run again:
 * it goes on from the last checkpoint and ends with the same bits as if it had never been stopped.
 *
 * <pre>
 *   MultiLayerNetwork trained = CheckpointedTraining.in(directory)
 *           .everySteps(100)
 *           .fit(() -&gt; newNetwork(), trainer -&gt; trainer.accumulationSteps(4), iterator, 10);
 * </pre>
 *
 * <p>Without {@code everySteps} and {@code every} there is a checkpoint every 1,000 steps, and in any case one at the
 * end: run once more, the program returns the trained network at once. The last 3 checkpoints are kept. Each is DL4J's
 * own model file with more in it ({@link GradientAccumulationTrainer#save}), and also knows which batches were used.
 * Checkpoints are written between two steps. A checkpoint that is damaged is set aside, with a warning in the log, and
 * the one before it used.
 *
 * <p>The same bits need the same program: a network of the same configuration (with a fixed seed), the same settings,
 * and an iterator that yields the same batches. The first two are compared, and a difference is refused by name. The
 * iterator is reset once for each epoch completed, and read up to the batch where training stopped, unless it is
 * {@link Seekable}; that it yields other batches is found out by the first and last of those skipped. Random numbers
 * that an iterator draws in a thread of its own, or by a generator of its own for each batch, are not restored.
 *
 * <p>When the thread is interrupted, or the process is told to end (Ctrl-C, SIGTERM, {@code System.exit} in another
 * thread), training is saved at the next batch, in the middle of a window if need be, and {@code fit} throws a
 * {@link io.github.gradacc.train.TrainingInterruptedException}. The process waits up to a minute for that. A listener
 * that calls {@code System.exit} on the thread that trains ends the process at once, with the checkpoint before.
 *
 * <p>Not saved: listeners and what they remember, which are those of the network that {@code fresh} returns, and state
 * that the caller's own transforms, schedules and dropout objects keep. Listeners are told of the start of an epoch
 * again when it is gone on with.
 *
 * <p>Immutable: each setting returns a copy. Several threads may use one, each with a directory of its own; a directory
 * serves one training at a time, in all processes.
 */
public final class CheckpointedTraining {

    private static final int DEFAULT_KEPT = 3;

    private final Path directory;
    private final SavingTimes times;
    private final int keep;

    private CheckpointedTraining(Path directory, SavingTimes times, int keep) {
        this.directory = directory;
        this.times = times;
        this.keep = keep;
    }

    /**
     * Chooses where checkpoints are.
     *
     * @param directory a directory for this training alone; made when training starts if there is none
     * @throws IllegalArgumentException if it is null
     */
    public static CheckpointedTraining in(Path directory) {
        return new CheckpointedTraining(requireGiven("A directory", directory), SavingTimes.DEFAULT, DEFAULT_KEPT);
    }

    /**
     * Saves after so many steps, counted from the last checkpoint; in truncated BPTT at the end of a window.
     *
     * @param steps at least 1; by default 1,000, if no time is set
     * @return a copy with this setting
     * @throws IllegalArgumentException if it is less than 1
     */
    public CheckpointedTraining everySteps(int steps) {
        Arguments.atLeastOne("everySteps", steps);
        return new CheckpointedTraining(directory, new SavingTimes(OptionalInt.of(steps), times.time()), keep);
    }

    /**
     * Saves at the first step after so much time since the last checkpoint. With {@link #everySteps} also set,
     * whichever comes first.
     *
     * @param time more than 0
     * @return a copy with this setting
     * @throws IllegalArgumentException if it is null, 0 or negative
     */
    public CheckpointedTraining every(Duration time) {
        if (requireGiven("A time", time).isNegative() || time.isZero()) {
            throw new IllegalArgumentException("every must be more than 0, got " + time);
        }
        return new CheckpointedTraining(directory, new SavingTimes(times.steps(), Optional.of(time)), keep);
    }

    /**
     * Keeps so many checkpoints, and deletes older ones.
     *
     * @param checkpoints at least 1; default 3. With 1 there is none to go back to if it is damaged
     * @return a copy with this setting
     * @throws IllegalArgumentException if it is less than 1
     */
    public CheckpointedTraining keepLast(int checkpoints) {
        Arguments.atLeastOne("keepLast", checkpoints);
        return new CheckpointedTraining(directory, times, checkpoints);
    }

    /**
     * Trains a network, or goes on with its training.
     *
     * @param fresh makes the network as it is before training, initialized, with the listeners that it shall have;
     *     called once
     * @param settings sets how it is trained, and returns the builder it was given; called once
     * @param iterator the batches, from the first; made anew in each run of the program
     * @param epochs of all runs together, at least 1; if the training has had as many, the network is returned at once
     * @return the trained network: the object that {@code fresh} returned
     * @throws IllegalArgumentException if an argument, the network or what {@code settings} returns is null, if the
     *     builder is for another network, if {@code epochs} is less than 1, if the iterator has no batches or cannot be
     *     reset though there is more than one epoch, if it yields other batches than in the run before, or if
     *     configuration or settings are not those of the checkpoints
     * @throws IllegalStateException if another training uses the directory, or if the network cannot be trained this
     *     way
     * @throws java.io.UncheckedIOException if a checkpoint cannot be written or read; those before it are untouched,
     *     and the next run goes on from the last of them
     * @throws io.github.gradacc.train.TrainingInterruptedException if the thread is interrupted or the process told to
     *     end; training is saved
     */
    public MultiLayerNetwork fit(
            Supplier<MultiLayerNetwork> fresh,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            DataSetIterator iterator,
            int epochs) {
        DataSetIterator given = requireGiven("An iterator", iterator);
        return fit(
                fresh,
                GradientAccumulationTrainer::builder,
                settings,
                new MultiDataSetIteratorAdapter(given),
                given instanceof Seekable seekable ? seekable : null,
                epochs);
    }

    /** As {@link #fit}, for a graph and an iterator of multi data sets. */
    public ComputationGraph fitGraph(
            Supplier<ComputationGraph> fresh,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            MultiDataSetIterator iterator,
            int epochs) {
        MultiDataSetIterator given = requireGiven("An iterator", iterator);
        return fit(
                fresh,
                GradientAccumulationTrainer::builder,
                settings,
                given,
                given instanceof Seekable seekable ? seekable : null,
                epochs);
    }

    private <N> N fit(
            @Nullable Supplier<N> fresh,
            Function<N, GradientAccumulationTrainer.Builder> builder,
            @Nullable UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            MultiDataSetIterator iterator,
            @Nullable Seekable seekable,
            int epochs) {
        Supplier<N> supplier = requireGiven("A supplier of the network", fresh);
        UnaryOperator<GradientAccumulationTrainer.Builder> setting =
                requireGiven("A function that sets the training", settings);
        Arguments.atLeastOne("The number of epochs", epochs);
        if (epochs > 1 && !iterator.resetSupported()) {
            throw new IllegalArgumentException("Training for " + epochs
                    + " epochs needs an iterator that supports reset(), this one does not: use one epoch");
        }
        try (Checkpoints checkpoints = open()) {
            N network = requireGiven("The supplier must return a network; a network", supplier.get());
            GradientAccumulationTrainer.Builder given = builder.apply(network);
            GradientAccumulationTrainer.Builder set = requireGiven(
                    "The function that sets the training must return the builder; a builder", setting.apply(given));
            if (set != given) {
                throw new IllegalArgumentException("The function that sets the training must return the builder that it"
                        + " was given, which is for the network of the supplier; it returned another one");
            }
            try (TrackedTraining training = TrackedTraining.of(set.build())) {
                new CheckpointedRun(checkpoints, training).train(iterator, seekable, epochs);
            }
            return network;
        }
    }

    Checkpoints open() {
        return new Checkpoints(CheckpointDirectory.open(directory, keep), times);
    }

    private static <T> T requireGiven(String what, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException(what + " is needed, got null");
        }
        return value;
    }
}
