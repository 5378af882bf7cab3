/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.GeneratorState;
import io.github.gradacc.pass.TrainedNetwork;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a DL4J network on windows of several batches: the gradients of all their examples are summed, then one
 * optimizer step is taken, exactly as if the window had been one big batch.
 *
 * <pre>
 *   for each window of k batches, N examples in all:
 *       for each micro-batch of at most b examples:
 *           g := g + gradient of the loss, summed over the examples of the micro-batch
 *       parameters := parameters - updater(g / N)
 * </pre>
 *
 * <p>With {@code accumulationSteps(k)} alone each batch is a micro-batch and k of them a window. With
 * {@code microBatchSize(b)} alone each batch is a window, computed in pieces of at most b examples, as few and as equal
 * as possible: 12 examples with b = 5 are 4 + 4 + 4. With both, k batches are a window, each in such pieces. Batches
 * and windows may differ in size: what counts is how many examples were summed. With another
 * {@link LossNormalization} N is the number of unmasked label positions, or the sum of the labels' weights.
 *
 * <p>Schedules, clipping, regularization, updater and counters work once per window. Listeners are told what native
 * training on the big batch would have told them, with the score and the data of the whole window; for that, windows of
 * several batches keep a copy of their features and labels while the network has listeners, and of their activations if
 * a listener overrides {@code onForwardPass}.
 *
 * <p>A network configured for truncated BPTT takes one step per time segment, as in native training:
 *
 * <pre>
 *   for each window of k batches:
 *       for each time segment:
 *           for each micro-batch: go on from the state in which its sequences are
 *           one step, as above
 * </pre>
 *
 * <p>Sequences shorter than a segment are one segment, as in native training. Such a window is kept whole until it is
 * full. Its batches may have sequences of different lengths; then it equals the batch padded to the longest of them and
 * masked there.
 *
 * <p>Not everything is a sum over examples. Batch normalization normalizes with the statistics of its micro-batch,
 * dropout draws other numbers: {@code ExactnessReport.of(network)} names what makes a difference in a given network.
 *
 * <p>A step on a gradient that is not finite is refused, or skipped where {@link Builder#nonFinite} asks for that; what
 * is said below to throw {@link NonFiniteGradientException} then throws it only beyond its limits. After any failure,
 * parameters, updater state and counters of the network are as after the last step, and the open window is discarded; a
 * batch that {@code accumulate} refuses before anything was computed (wrong arrays, missing labels) leaves the open
 * window as it was. In truncated BPTT the last step may be one on an earlier segment of the same window.
 *
 * <p>While a window is open the network may be used for anything but training: scoring, output, evaluation, saving. A
 * listener that is added then sees the window's last batch only.
 *
 * <p>Dropout and noise draw from the generator of the calling thread if the window is one micro-batch, as native
 * training does. Otherwise each micro-batch has a stream of its own, which depends on the network's seed, the step and
 * the position of the micro-batch alone.
 *
 * <p>One trainer serves one thread at a time, holds the network's lock while it works as native training does, and
 * leaves the network to its owner in between. Use native {@code fit} instead when the batch fits in memory and k is 1.
 */
public final class GradientAccumulationTrainer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(GradientAccumulationTrainer.class);

    private final TrainedNetwork network;
    private final PartialWindow partialWindow;
    private final AccumulationLoop loop;
    private final TrainingGuard guard;
    private final TrainingFiles files;

    private GradientAccumulationTrainer(TrainedNetwork network, Settings settings, Map<String, String> described) {
        this.network = network;
        partialWindow = settings.partialWindow();
        loop = new AccumulationLoop(network, settings);
        guard = new TrainingGuard(network, loop);
        files = new TrainingFiles(network, loop, described);
    }

    /**
     * Starts the configuration of a trainer.
     *
     * @param network an initialized network with an output layer, trained by stochastic gradient descent (any updater),
     *     with standard backpropagation or truncated BPTT; not copied
     * @return a builder, whose {@code build()} checks the network
     */
    public static Builder builder(MultiLayerNetwork network) {
        return new Builder((statistics, parallelism) -> TrainedNetwork.of(network, statistics, parallelism));
    }

    /**
     * Starts the configuration of a trainer for a graph, with any number of inputs and outputs. A {@code DataSet} or
     * {@code DataSetIterator} serves a graph with one of each.
     *
     * @param graph an initialized graph whose outputs are output layers, trained by stochastic gradient descent (any
     *     updater), with standard backpropagation or truncated BPTT; not copied
     * @return a builder, whose {@code build()} checks the graph
     */
    public static Builder builder(ComputationGraph graph) {
        return new Builder((statistics, parallelism) -> TrainedNetwork.of(graph, statistics, parallelism));
    }

    /**
     * Trains for one epoch.
     *
     * @param iterator the batches; reset first if it is at its end, prefetched if it allows that
     * @throws IllegalArgumentException if the iterator is null or empty, or yields a batch that does not fit the
     *     network
     * @throws IllegalStateException if the trainer is closed or in use, or has a window open that was filled by
     *     {@code accumulate} (except under {@link PartialWindow#CARRY})
     * @throws MicroBatchException if a forward or backward pass fails
     * @throws NonFiniteGradientException if a gradient is not finite
     * @throws TrainingInterruptedException if the thread is interrupted
     */
    public void fit(DataSetIterator iterator) {
        fit(iterator, 1);
    }

    /**
     * Trains for several epochs.
     *
     * @param iterator as for {@link #fit(DataSetIterator)}; it must support a reset if there is more than one epoch
     * @param epochs number of epochs, at least 1
     * @throws IllegalArgumentException if {@code epochs} is less than 1 or the iterator cannot be reset, and as for
     *     {@link #fit(DataSetIterator)}
     */
    public void fit(DataSetIterator iterator, int epochs) {
        fit(Batches.toMultiDataSets(iterator), epochs);
    }

    /** As {@link #fit(DataSetIterator)}, for an iterator of multi data sets. */
    public void fit(MultiDataSetIterator iterator) {
        fit(iterator, 1);
    }

    /** As {@link #fit(DataSetIterator, int)}, for an iterator of multi data sets. */
    public void fit(MultiDataSetIterator iterator, int epochs) {
        requireEpochs(epochs, iterator == null || iterator.resetSupported());
        fit(iterator, epochs, report -> false);
    }

    /**
     * Trains for one epoch, or until a step after which {@code stop} says so.
     *
     * <pre>
     *   for each window of the epoch, the last one by the policy for partial windows:
     *       take a step
     *       if stop(report of the step): end here
     * </pre>
     *
     * <p>An epoch that ends with batches left is not counted, and no {@code onEpochEnd} is announced; one that ends
     * with its last batch is complete, whatever {@code stop} said. {@code stop} is called with the network's lock held
     * and no window open; it may look at the network, and must not call this trainer. If it throws, so does this
     * method, and the step stays.
     *
     * @param iterator as for {@link #fit(DataSetIterator)}; where it stands after an early end is undefined: reset it
     * @param stop asked once after each window's step (in truncated BPTT its last), never for a single batch
     * @return true if all batches of the epoch were used
     * @throws IllegalArgumentException if {@code stop} is null, and as for {@link #fit(DataSetIterator)}
     */
    public boolean fitUntil(DataSetIterator iterator, Predicate<StepReport> stop) {
        return fitUntil(Batches.toMultiDataSets(iterator), stop);
    }

    /** As {@link #fitUntil(DataSetIterator, Predicate)}, for an iterator of multi data sets. */
    public boolean fitUntil(MultiDataSetIterator iterator, Predicate<StepReport> stop) {
        return fit(iterator, 1, requireStop(stop));
    }

    /**
     * Takes one optimizer step on this data, computed in micro-batches; in truncated BPTT one for each time segment.
     *
     * @param data the window
     * @return what the step was made of
     * @throws IllegalArgumentException if the data is incomplete, empty or does not fit the network
     * @throws IllegalStateException if the trainer is closed or in use or has a window open
     * @throws MicroBatchException if a forward or backward pass fails
     * @throws NonFiniteGradientException if a gradient is not finite
     * @throws TrainingInterruptedException if the thread is interrupted
     */
    public StepReport fit(DataSet data) {
        return fit(toMultiDataSet(data));
    }

    /** As {@link #fit(DataSet)}, for a multi data set. */
    public StepReport fit(MultiDataSet data) {
        return guard.exclusively(() -> {
            loop.window().requireClosed();
            Batch batch = loop.check(data);
            return guard.orDiscard(() -> loop.stepOn(batch));
        });
    }

    /**
     * As {@link #fit(DataSet)}, for arrays.
     *
     * @param features shape [examples, ...], not copied or changed
     * @param labels shape [examples, ...], not copied or changed
     */
    public StepReport fit(INDArray features, INDArray labels) {
        return fit(features, labels, null, null);
    }

    /**
     * As {@link #fit(INDArray, INDArray)}, with masks.
     *
     * @param featuresMask shape [examples, ...], or null
     * @param labelsMask shape [examples, ...], or null
     */
    public StepReport fit(
            INDArray features, INDArray labels, @Nullable INDArray featuresMask, @Nullable INDArray labelsMask) {
        return fit(new org.nd4j.linalg.dataset.MultiDataSet(features, labels, featuresMask, labelsMask));
    }

    /**
     * Adds one batch to the open window, and opens one if there is none. For loops written by hand.
     *
     * <p>With {@code parallelism} above 1, and in truncated BPTT, a batch may wait to be computed with those that
     * follow it; what is wrong with it is then reported by the call that computes it.
     *
     * @param data the batch; its arrays may be reused when the call returns
     * @return a report if the batch filled the window, otherwise empty; it says whether a step was taken
     * @throws IllegalArgumentException if the batch is incomplete, empty or does not fit the network; the window stays
     * @throws IllegalStateException if the trainer is closed or in use, or if others trained the network since the
     *     window was opened; the window is then discarded
     * @throws MicroBatchException if a forward or backward pass fails
     * @throws NonFiniteGradientException if a gradient is not finite
     * @throws TrainingInterruptedException if the thread is interrupted
     */
    public Optional<StepReport> accumulate(DataSet data) {
        return accumulate(toMultiDataSet(data));
    }

    /** As {@link #accumulate(DataSet)}, for a multi data set. */
    public Optional<StepReport> accumulate(MultiDataSet data) {
        return guard.exclusively(() -> {
            Batch batch = loop.check(data);
            return guard.orDiscard(() -> {
                loop.requireUntouched();
                return loop.accumulate(batch);
            });
        });
    }

    /**
     * Takes a step on the window that is open, however full it is; in truncated BPTT one for each time segment.
     *
     * @return a report, or empty if no window is open
     * @throws IllegalStateException if the trainer is closed or in use, or if others trained the network since the
     *     window was opened; the window is then discarded
     */
    public Optional<StepReport> flush() {
        return guard.exclusively(() -> guard.orDiscard(() -> {
            loop.requireUntouched();
            return loop.window().isOpen() ? Optional.of(loop.step()) : Optional.empty();
        }));
    }

    /**
     * Tells whether a window is open: filled by {@code accumulate}, or left by an epoch under
     * {@link PartialWindow#CARRY}.
     *
     * @throws IllegalStateException if the trainer is closed or in use
     */
    public boolean isWindowOpen() {
        return guard.exclusively(loop.window()::isOpen);
    }

    /**
     * Saves the training as it is between two calls, so that {@link #restore} goes on from here with the same bits:
     * parameters, updater state, counters, score, the open window with all that was summed, kept or waits in it, and
     * the state of ND4J's random generator of the calling thread.
     *
     * <p>The file is DL4J's own model file with more entries: {@code MultiLayerNetwork.load}, {@code
     * ComputationGraph.load} and {@code ModelSerializer} read it. It is written beside, flushed to disk and renamed, so
     * that there is either the new file whole or the one before; and it has a checksum. Not saved: listeners, their
     * state and that of the caller's own gradient transforms and schedules.
     *
     * @param file where to; its directory must exist, a file of this name is replaced
     * @throws java.io.UncheckedIOException if it cannot be written; what was there before, the network and the window
     *     stay as they are
     * @throws IllegalArgumentException if {@code file} is null
     * @throws IllegalStateException if the trainer is closed or in use, if the configuration cannot be written to JSON,
     *     or if others trained the network since the window was opened; the window is then discarded
     */
    public void save(Path file) {
        Path given = requireFile(file);
        guard.exclusively(() -> {
            guard.orDiscard(() -> {
                loop.requireUntouched();
                return given;
            });
            files.save(given, files.configuration(), GeneratorState.ofThisThread(), Map.of());
            return given;
        });
    }

    /**
     * Goes on where a trainer for the same configuration and settings was saved: network, updater, counters, open
     * window and the random generator of the calling thread are then as they were. A window that is open here is
     * dropped.
     *
     * @param file a file that {@link #save} wrote
     * @throws java.io.UncheckedIOException if there is no such file, if it cannot be read, or if it is not what was
     *     written
     * @throws IllegalArgumentException if {@code file} is null, or if it is of another configuration or of other
     *     settings; the message names the difference. Nothing is changed then. The number of workers may differ, but
     *     not be 1 in one of both places only
     * @throws IllegalStateException if the trainer is closed or in use
     */
    public void restore(Path file) {
        Path given = requireFile(file);
        guard.exclusively(() -> {
            files.restore(TrainingFiles.read(given), given, files.configuration(), notes -> {});
            network.clearLayers();
            return given;
        });
    }

    private static Path requireFile(@Nullable Path file) {
        if (file == null) {
            throw new IllegalArgumentException("A file is needed, got null");
        }
        return file;
    }

    TrackedTraining track(TrackedTraining.Maker maker) {
        return guard.exclusively(() -> maker.make(this, network, loop, guard, files));
    }

    /**
     * Frees the trainer's buffers. An open window is dropped, with a warning in the log. The network stays usable, and
     * a second call does nothing.
     *
     * @throws IllegalStateException if the trainer is in use
     */
    @Override
    public void close() {
        guard.close(() -> {
            if (loop.window().isOpen()) {
                log.warn(
                        "The trainer is closed with {} batches in an open window; they are dropped. flush() takes a"
                                + " step on them",
                        loop.window().batches());
            }
            loop.close();
            network.close();
        });
    }

    private boolean fit(@Nullable MultiDataSetIterator iterator, int epochs, Predicate<StepReport> stop) {
        return guard.exclusively(() -> {
            if (partialWindow != PartialWindow.CARRY) {
                loop.window().requireClosed();
            }
            Batches first = Batches.of(iterator);
            return guard.orDiscard(() -> {
                loop.requireUntouched();
                boolean completed = true;
                for (int i = 0; completed && i < epochs; i++) {
                    try (Batches batches = i == 0 ? first : Batches.of(iterator)) {
                        completed = loop.epoch(batches, stop);
                    }
                }
                return completed;
            });
        });
    }

    private static void requireEpochs(int epochs, boolean canReset) {
        Arguments.atLeastOne("The number of epochs", epochs);
        if (epochs > 1 && !canReset) {
            throw new IllegalArgumentException("Training for " + epochs
                    + " epochs needs an iterator that supports reset(), this one does not: use one epoch");
        }
    }

    private static Predicate<StepReport> requireStop(@Nullable Predicate<StepReport> stop) {
        if (stop == null) {
            throw new IllegalArgumentException(
                    "A condition to stop is needed, got null; fit(iterator) trains without one");
        }
        return stop;
    }

    private static MultiDataSet toMultiDataSet(@Nullable DataSet data) {
        if (data == null) {
            throw new IllegalArgumentException("A batch is needed, got null");
        }
        return data.toMultiDataSet();
    }

    /** Configures a trainer. Every setter checks its value and returns this builder. */
    public static final class Builder {

        /** Windows in a row that may be dropped, unless set otherwise. */
        private static final int MOST_IN_A_ROW = 10;

        private final BiFunction<StatisticsPolicy, Integer, TrainedNetwork> network;
        private @Nullable Integer accumulationSteps;
        private @Nullable AccumulationSchedule accumulationSchedule;
        private @Nullable Integer microBatchSize;
        private @Nullable Integer parallelism;
        private @Nullable TunedSetting tuned;
        private PartialWindow partialWindow = PartialWindow.STEP;
        private BatchNormStatistics batchNormStatistics = BatchNormStatistics.POOLED;
        private LossNormalization lossNormalization = LossNormalization.EXAMPLES;
        private OutOfMemoryPolicy onOutOfMemory = OutOfMemoryPolicy.FAIL;
        private List<GradientTransform> gradientTransforms = List.of();
        private NonFinitePolicy nonFinite = NonFinitePolicy.REFUSE;
        private int mostInARow = MOST_IN_A_ROW;
        private LossScaling lossScaling = LossScaling.none();
        private @Nullable StepFilter stepFilter;

        private Builder(BiFunction<StatisticsPolicy, Integer, TrainedNetwork> network) {
            this.network = network;
        }

        /**
         * Sets the number of batches of a window. Default 1.
         *
         * @param batches at least 1
         */
        public Builder accumulationSteps(int batches) {
            accumulationSteps = Arguments.atLeastOne("accumulationSteps", batches);
            return this;
        }

        /**
         * Sets the number of batches of a window as a function of time, in place of {@link #accumulationSteps}.
         *
         * @param schedule asked when a window opens
         */
        public Builder accumulationSchedule(AccumulationSchedule schedule) {
            accumulationSchedule = Arguments.given("accumulationSchedule", schedule);
            return this;
        }

        /**
         * Sets the most examples that one forward and backward pass sees. A larger batch is cut into as few pieces as
         * fit, as equal as possible. By default batches are not split.
         *
         * @param examples at least 1; may be larger than the batches
         */
        public Builder microBatchSize(int examples) {
            microBatchSize = Arguments.atLeastOne("microBatchSize", examples);
            return this;
        }

        /**
         * Sets how many micro-batches are computed side by side. Default 1.
         *
         * <p>More than 1 needs copies of the network around the same parameters. They are made by way of the
         * configuration's JSON, the first by {@code build()}, others when a window has micro-batches for them. Changes
         * of a layer's configuration do not reach those that have been made (learning rates and updaters do: only the
         * network itself takes steps): build a new trainer after such a change.
         *
         * <p>The gradients are summed in the order of the micro-batches, so the result has the same bits for every
         * number above 1, and for 1 if ND4J runs with one native thread. Each further worker takes the memory of one
         * micro-batch's activations and of one gradient array. While passes are made, ND4J is set to one native thread,
         * in the whole process. With 1, no thread is started and no setting touched.
         *
         * @param workers at least 1; more than the machine has cores, or a window has micro-batches, gains nothing
         */
        public Builder parallelism(int workers) {
            parallelism = Arguments.atLeastOne("parallelism", workers);
            return this;
        }

        /**
         * Sets what happens to a window that is not full at the end of an epoch. Default {@link PartialWindow#STEP}.
         *
         * @param policy the policy
         */
        public Builder partialWindow(PartialWindow policy) {
            partialWindow = Arguments.given("partialWindow", policy);
            return this;
        }

        /**
         * Sets how the running statistics of batch normalization move. Default {@link BatchNormStatistics#POOLED}.
         *
         * @param policy the policy
         */
        public Builder batchNormStatistics(BatchNormStatistics policy) {
            batchNormStatistics = Arguments.given("batchNormStatistics", policy);
            return this;
        }

        /**
         * Sets what the summed loss of a window is divided by. Default {@link LossNormalization#EXAMPLES}, DL4J's own.
         *
         * <p>Labels are counted when a batch comes in. A graph with several outputs divides the loss of each by its own
         * count, so its passes are made when the window is full, and until then the window's batches are kept. A window
         * in which no label counts takes no step: there is a warning, and its report says so.
         *
         * @param by the divisor
         */
        public Builder lossNormalization(LossNormalization by) {
            lossNormalization = Arguments.given("lossNormalization", by);
            return this;
        }

        /**
         * Sets what happens to a window's mean gradient before DL4J normalizes it, adds regularization and runs the
         * updater. Default: nothing.
         *
         * @param inOrder the transforms, applied one after the other; replaces those set before
         */
        public Builder gradientTransforms(GradientTransform... inOrder) {
            for (GradientTransform transform : Arguments.given("gradientTransforms", inOrder)) {
                Arguments.given("a gradient transform", transform);
            }
            gradientTransforms = List.of(inOrder);
            return this;
        }

        /**
         * Sets what happens to gradients that are not finite. Default {@link NonFinitePolicy#REFUSE}. Up to 10 windows
         * in a row may be dropped for them.
         *
         * @param policy the policy
         */
        public Builder nonFinite(NonFinitePolicy policy) {
            return nonFinite(policy, MOST_IN_A_ROW);
        }

        /**
         * As {@link #nonFinite(NonFinitePolicy)}, with another limit.
         *
         * @param policy the policy
         * @param mostInARow how many windows in a row may be dropped for gradients that are not finite, at least 1: the
         *     next one throws {@link NonFiniteGradientException}. A step starts the count anew; windows that overflowed
         *     by their loss scaling or were vetoed, or in which no label counts, neither count nor start it anew. Not
         *     read under REFUSE
         */
        public Builder nonFinite(NonFinitePolicy policy, int mostInARow) {
            nonFinite = Arguments.given("nonFinite", policy);
            this.mostInARow = Arguments.atLeastOne("mostInARow", mostInARow);
            return this;
        }

        /**
         * Sets by what the gradient of the loss is multiplied on its way through the network. Default
         * {@link LossScaling#none()}. For networks in a 16-bit type.
         *
         * @param scaling constant or dynamic; every output of the network needs a loss function
         */
        public Builder lossScaling(LossScaling scaling) {
            lossScaling = Arguments.given("lossScaling", scaling);
            return this;
        }

        /**
         * Sets what is asked before each step, and may veto it by its score or the norm of its gradient. Default: every
         * step is taken.
         *
         * @param filter one for this trainer
         */
        public Builder stepFilter(StepFilter filter) {
            stepFilter = Arguments.given("stepFilter", filter);
            return this;
        }

        /**
         * Takes over the micro-batch size and the parallelism that were found by measuring: a {@code TuningReport}, or
         * its setting for another batch. It is for windows of one batch of the size that was tuned for.
         *
         * @param setting what was found
         */
        public Builder tuned(TunedSetting setting) {
            tuned = Arguments.given("tuned", setting);
            return this;
        }

        /**
         * Sets what happens when memory does not suffice for a pass. Default {@link OutOfMemoryPolicy#FAIL}.
         *
         * @param policy the policy
         */
        public Builder onOutOfMemory(OutOfMemoryPolicy policy) {
            onOutOfMemory = Arguments.given("onOutOfMemory", policy);
            return this;
        }

        /**
         * Checks the network and makes the trainer. The network is not changed, except that DL4J creates its updater if
         * it has none yet.
         *
         * @throws IllegalArgumentException if the network is null
         * @throws IllegalStateException if the network is not initialized or cannot be trained this way, if both
         *     {@code accumulationSteps} and {@code accumulationSchedule} were set, both {@code tuned} and what it sets,
         *     or both {@link NonFinitePolicy#SKIP_MICRO_BATCH} and {@link OutOfMemoryPolicy#HALVE}, or if losses are to
         *     be scaled that cannot be
         */
        public GradientAccumulationTrainer build() {
            if (nonFinite == NonFinitePolicy.SKIP_MICRO_BATCH && onOutOfMemory == OutOfMemoryPolicy.HALVE) {
                throw new IllegalStateException(
                        "nonFinite(SKIP_MICRO_BATCH) counts each micro-batch before its pass, and"
                                + " onOutOfMemory(HALVE) may cut it later: set one of them. SKIP_STEP goes with HALVE");
            }
            TrainedNetwork trained = network.apply(batchNormStatistics.policy(), parallelism());
            if (lossScaling.scales()) {
                trained.requireScalableLosses();
            }
            Settings settings = new Settings(
                    schedule(),
                    microBatchSize(),
                    partialWindow,
                    lossNormalization,
                    onOutOfMemory,
                    gradientTransforms,
                    nonFinite,
                    mostInARow,
                    lossScaling,
                    stepFilter == null ? candidate -> true : stepFilter,
                    stepFilter != null);
            return new GradientAccumulationTrainer(trained, settings, described(settings));
        }

        /** All settings on which the bits of a training depend, for those who go on with it. */
        private Map<String, String> described(Settings settings) {
            Map<String, String> described = new TreeMap<>(settings.described());
            described.put("parallelism", parallelism() == 1 ? "1" : "above 1");
            described.put("batchNormStatistics", batchNormStatistics.name());
            return described;
        }

        private int microBatchSize() {
            return setting(
                    "microBatchSize",
                    microBatchSize,
                    MicroBatches.WHOLE,
                    setting -> setting.microBatchSize().orElse(MicroBatches.WHOLE));
        }

        private int parallelism() {
            return setting("parallelism", parallelism, 1, TunedSetting::parallelism);
        }

        private int setting(
                String name, @Nullable Integer byHand, int byDefault, ToIntFunction<TunedSetting> fromTuning) {
            if (tuned == null) {
                return byHand == null ? byDefault : byHand;
            }
            int value = fromTuning.applyAsInt(tuned);
            if (byHand != null) {
                throw new IllegalStateException(name + "(" + byHand + ") and tuned(...), which says "
                        + (value == MicroBatches.WHOLE ? "to leave batches whole" : String.valueOf(value))
                        + ", both set the same: leave out one of them");
            }
            return Arguments.atLeastOne(name, value);
        }

        private AccumulationSchedule schedule() {
            if (accumulationSteps != null && accumulationSchedule != null) {
                throw new IllegalStateException("accumulationSteps(" + accumulationSteps
                        + ") and accumulationSchedule(...) both set the batches of a window: choose one of them");
            }
            if (accumulationSchedule != null) {
                return accumulationSchedule;
            }
            return AccumulationSchedule.constant(accumulationSteps == null ? 1 : accumulationSteps);
        }
    }
}
