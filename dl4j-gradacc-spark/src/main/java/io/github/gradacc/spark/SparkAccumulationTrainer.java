/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.train.Arguments;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.GradientTransform;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.ShareScore;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.SharedSteps;
import io.github.gradacc.train.SharedTraining;
import io.github.gradacc.train.StepFilter;
import io.github.gradacc.train.StepReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a DL4J network on a cluster of Apache Spark, with the steps of the big batch: the gradients of all examples of
 * a window are summed where the data is, then the driver takes one optimizer step.
 *
 * <pre>
 *   for each window of N examples:
 *       in each partition, for each of its micro-batches:
 *           g_p := g_p + gradient of the loss, summed over the examples of the micro-batch
 *       g := g_0 + g_1 + ..., in the order of the partitions
 *       parameters := parameters - updater(g / N)
 * </pre>
 *
 * <p>The sums are added by a reduce-scatter: partition p sends slice j of its sum to reducer j, which adds the slices
 * in the order of the partitions. So the bits of the result depend on partitions and micro-batches, and neither on
 * executors nor on who is late, fails or is asked twice (given CPUs of one kind and one number of native threads).
 *
 * <p>Network, updater and listeners live on the driver. Listeners are told of steps with the score of the window; they
 * see one example as the network's input and labels, and no activations, which are on the executors. Truncated BPTT is
 * refused: it takes a step after each time segment and keeps the state of every sequence in between. What is not a sum
 * over examples, such as the normalization within a micro-batch, differs as on one machine. Dropout and noise draw from
 * a stream for each micro-batch of each step, by its position in the window.
 *
 * <p>Batches are copied once, as bytes, into Spark's storage (memory, then disk). A batch that is refused, and a
 * gradient that is not finite, come back as values and end in the exceptions of the core, which name partition and
 * batch: Spark does not try them again. One thread at a time; the network's lock is held during a call.
 *
 * <p>Do not use it for data that fits one machine: each step moves parameters and gradients over the network once.
 */
public final class SparkAccumulationTrainer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SparkAccumulationTrainer.class);

    private final JavaSparkContext context;
    private final TrainedNetwork network;
    private final SharedSteps steps;
    private final Cluster cluster;
    private final ClusterTraining training;
    private final int batchesPerStep;
    private final OptionalInt partitions;
    private final Optional<CheckpointedTraining> checkpoints;
    private final Optional<SharedTraining> saved;
    private final String id = UUID.randomUUID().toString();
    private final AtomicBoolean inUse = new AtomicBoolean();
    private boolean begun;
    private boolean closed;

    private SparkAccumulationTrainer(TrainedNetwork network, ShareSettings settings, Builder builder) {
        this.network = network;
        context = builder.context;
        steps = new SharedSteps(
                network,
                settings,
                builder.gradientTransforms,
                builder.nonFinite,
                builder.mostInARow,
                builder.stepFilter);
        cluster = new Cluster(context, builder.reducer);
        training = new ClusterTraining(cluster, network, settings, steps, id);
        batchesPerStep = builder.batchesPerStep;
        partitions = builder.partitions;
        checkpoints = Optional.ofNullable(builder.checkpoints);
        saved = checkpoints.map(present -> steps.training(builder.dealing()));
    }

    /**
     * Starts the configuration of a trainer.
     *
     * @param context the application's context, not stopped; the trainer does not stop it
     * @param network an initialized network with an output layer, trained by stochastic gradient descent (any updater)
     *     with standard backpropagation; not copied
     */
    public static Builder builder(JavaSparkContext context, MultiLayerNetwork network) {
        return new Builder(context, (statistics, parallelism) -> TrainedNetwork.of(network, statistics, parallelism));
    }

    /** As {@link #builder(JavaSparkContext, MultiLayerNetwork)}, for a graph with any number of inputs and outputs. */
    public static Builder builder(JavaSparkContext context, ComputationGraph graph) {
        return new Builder(context, (statistics, parallelism) -> TrainedNetwork.of(graph, statistics, parallelism));
    }

    /**
     * Takes one optimizer step on an RDD.
     *
     * @param window the batches of the window; partitions may be empty
     * @return what the step was made of
     * @throws IllegalArgumentException if the RDD is null, has no batch or is one of another context, or if a batch is
     *     null, incomplete or does not fit the network
     * @throws IllegalStateException if the trainer is closed or in use, if the context is stopped, or if an executor
     *     lacks a class of the network
     * @throws io.github.gradacc.train.MicroBatchException if a forward or backward pass fails
     * @throws io.github.gradacc.train.NonFiniteGradientException if a gradient is not finite
     */
    public StepReport step(JavaRDD<DataSet> window) {
        return stepOn(requireToTrainOn("The window", window).map(new Encode.DataSets()));
    }

    /** As {@link #step(JavaRDD)}, for multi data sets. */
    public StepReport stepMultiDataSet(JavaRDD<MultiDataSet> window) {
        return stepOn(requireToTrainOn("The window", window).map(new Encode.MultiDataSets()));
    }

    /**
     * Trains for several epochs, with windows of {@link Builder#batchesPerStep} batches each; the last window of an
     * epoch has what is left.
     *
     * <p>Batches are dealt to windows in rounds, one from each partition: every window has work for all partitions, and
     * which batches are in it depends on the data and its partitions alone.
     *
     * @param data the batches, in the same order each time the RDD is computed; copied into Spark's storage for the
     *     time of the call
     * @param epochs number of epochs, at least 1
     * @throws IllegalArgumentException if {@code epochs} is less than 1, and as for {@link #step(JavaRDD)}
     */
    public void fit(JavaRDD<DataSet> data, int epochs) {
        fitOn(requireToTrainOn("The data", data).map(new Encode.DataSets()), epochs);
    }

    /** As {@link #fit(JavaRDD, int)}, for one epoch. */
    public void fit(JavaRDD<DataSet> data) {
        fit(data, 1);
    }

    /** As {@link #fit(JavaRDD, int)}, for multi data sets. */
    public void fitMultiDataSet(JavaRDD<MultiDataSet> data, int epochs) {
        fitOn(requireToTrainOn("The data", data).map(new Encode.MultiDataSets()), epochs);
    }

    /**
     * As {@link #fit(JavaRDD, int)}, for data sets that were saved to files by {@link DataSet#save(java.io.File)}. What
     * is read is copied into Spark's storage for the time of the call, so each file is read once.
     *
     * @param paths one for each batch, as Hadoop reads them on the executors with the context's configuration: {@code
     *     hdfs://...}, or {@code file:...} on disks that all of them have
     * @throws IllegalArgumentException also if a file does not exist, may not be read or is no data set; the message
     *     names it
     */
    public void fitPaths(JavaRDD<String> paths, int epochs) {
        fitFiles(hadoop -> dealt(requireToTrainOn("The paths", paths)), false, epochs);
    }

    /** As {@link #fitPaths(JavaRDD, int)}, for multi data sets that were saved by {@link MultiDataSet#save}. */
    public void fitPathsMultiDataSet(JavaRDD<String> paths, int epochs) {
        fitFiles(hadoop -> dealt(requireToTrainOn("The paths", paths)), true, epochs);
    }

    /**
     * As {@link #fitPaths(JavaRDD, int)}, for all files of a folder in the order of their names. They are dealt to as
     * many partitions as {@link Builder#partitions} says, by default {@link Builder#batchesPerStep}; windows then are
     * batches that follow one another.
     *
     * @param folder as Hadoop names it; folders in it, and files whose names begin with a dot or an underscore, are
     *     left out
     * @param epochs number of epochs, at least 1 (in {@code dl4j-spark} the second argument is the least number of
     *     partitions)
     * @throws IllegalArgumentException also if there is no such folder or no file in it
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public void fit(String folder, int epochs) {
        fitFiles(hadoop -> list(hadoop, folder), false, epochs);
    }

    /** As {@link #fit(String, int)}, for multi data sets that were saved by {@link MultiDataSet#save}. */
    public void fitMultiDataSet(String folder, int epochs) {
        fitFiles(hadoop -> list(hadoop, folder), true, epochs);
    }

    private JavaRDD<String> list(Hadoop hadoop, @Nullable String folder) {
        if (folder == null) {
            throw new IllegalArgumentException("The folder must be a path, got null");
        }
        return hadoop.list(folder, partitions.orElse(batchesPerStep));
    }

    /** Paths are moved before they are read, which is cheaper than to move the batches. */
    private JavaRDD<String> dealt(JavaRDD<String> paths) {
        return partitions.isPresent() ? Dealer.deal(paths, partitions.getAsInt()) : paths;
    }

    private void fitFiles(Function<Hadoop, JavaRDD<String>> paths, boolean areMulti, int epochs) {
        Arguments.atLeastOne("The number of epochs", epochs);
        exclusively(() -> {
            Requirements.requireRunning(context);
            try (Hadoop hadoop = new Hadoop(context);
                    StoredBatches batches = new StoredBatches(
                            paths.apply(hadoop).map(new ReadFiles(hadoop.configuration(), areMulti)),
                            OptionalInt.empty())) {
                return train(batches, epochs);
            }
        });
    }

    private void fitOn(JavaRDD<byte[]> encoded, int epochs) {
        Arguments.atLeastOne("The number of epochs", epochs);
        exclusively(() -> {
            try (StoredBatches batches = new StoredBatches(encoded, partitions)) {
                return train(batches, epochs);
            }
        });
    }

    private Plan train(StoredBatches batches, int epochs) {
        requireNotBegun();
        Plan plan = training.plan(batches);
        sayIfIdle(plan);
        try (Progress progress = progress()) {
            new Epochs(network, batchesPerStep, progress).train(plan, epochs, window -> {
                begun = true;
                training.step(batches, window);
            });
        }
        return plan;
    }

    private void sayIfIdle(Plan plan) {
        if (batchesPerStep < plan.busyPartitions()) {
            log.info(
                    "batchesPerStep is {} and {} partitions have batches: in each step some partitions have nothing to"
                            + " do. Set batchesPerStep to a multiple of the number of partitions",
                    batchesPerStep,
                    plan.busyPartitions());
        }
    }

    private Progress progress() {
        return checkpoints.isPresent() && saved.isPresent()
                ? new SavedProgress(checkpoints.get(), saved.get())
                : new Unsaved();
    }

    private void requireNotBegun() {
        if (begun && checkpoints.isPresent()) {
            throw new IllegalStateException("A trainer with checkpoints trains in one call of fit, whose way the"
                    + " directory holds: for another training build another trainer, with another directory");
        }
    }

    private StepReport stepOn(JavaRDD<byte[]> encoded) {
        if (checkpoints.isPresent()) {
            throw new IllegalStateException("A trainer with checkpoints trains by fit, whose way the directory holds:"
                    + " leave out checkpoints(...) for steps one by one");
        }
        return exclusively(() -> {
            try (StoredBatches batches = new StoredBatches(encoded, partitions)) {
                return training.step(batches);
            }
        });
    }

    /**
     * Evaluates the network as a classifier, as DL4J's {@code network.evaluate} does on all examples. Of a graph with
     * several outputs the first is evaluated.
     *
     * <p>Forward passes are made where the data is, in micro-batches, one at a time in each task; the results are
     * merged in the order of the partitions. The network is not changed.
     *
     * @param data batches with labels; not kept in Spark's storage
     * @throws IllegalArgumentException if the RDD is null, or a batch is null, incomplete or does not fit the network
     * @throws IllegalStateException if the trainer is closed or in use
     * @throws io.github.gradacc.train.MicroBatchException if a forward pass fails
     */
    public Evaluation evaluate(JavaRDD<DataSet> data) {
        return doEvaluation(data, new Evaluation());
    }

    /** As {@link #evaluate(JavaRDD)}, for multi data sets. */
    public Evaluation evaluateMultiDataSet(JavaRDD<MultiDataSet> data) {
        return doEvaluationMultiDataSet(data, new Evaluation());
    }

    /**
     * As {@link #evaluate(JavaRDD)}, with any kind of evaluation.
     *
     * @param data batches with labels
     * @param empty an evaluation to which nothing was added; copied for each partition
     * @return the merged one; a copy of {@code empty} if there is no batch
     * @throws java.io.UncheckedIOException if the evaluation cannot be serialized
     */
    public <E extends IEvaluation<E>> E doEvaluation(JavaRDD<DataSet> data, E empty) {
        return evaluateOn(requireGiven("The data", data).map(new Encode.DataSets()), empty);
    }

    /** As {@link #doEvaluation(JavaRDD, IEvaluation)}, for multi data sets. */
    public <E extends IEvaluation<E>> E doEvaluationMultiDataSet(JavaRDD<MultiDataSet> data, E empty) {
        return evaluateOn(requireGiven("The data", data).map(new Encode.MultiDataSets()), empty);
    }

    @SuppressWarnings("unchecked")
    private <E extends IEvaluation<E>> E evaluateOn(JavaRDD<byte[]> encoded, @Nullable E empty) {
        if (empty == null) {
            throw new IllegalArgumentException("An evaluation is needed, got null");
        }
        EvaluationGauge<E> gauge = new EvaluationGauge<>(empty);
        return exclusively(() ->
                training.measure(encoded, gauge, (Class<E>) empty.getClass()).orElseGet(gauge::start));
    }

    /**
     * Computes the score of all examples as one batch, as DL4J's {@code network.score(data)} does: the mean of their
     * losses in inference mode, and regularization once. {@link Builder#lossNormalization} is not read.
     *
     * <p>Computed like {@link #evaluate(JavaRDD)}.
     *
     * @param data batches with labels, at least one; not kept in Spark's storage
     * @throws IllegalArgumentException also if there is no batch
     */
    public double score(JavaRDD<DataSet> data) {
        return calculateScore(data, true);
    }

    /** As {@link #score(JavaRDD)}, for multi data sets. */
    public double scoreMultiDataSet(JavaRDD<MultiDataSet> data) {
        return calculateScoreMultiDataSet(data, true);
    }

    /**
     * As {@link #score(JavaRDD)}, or times the number of examples, under the name it has in {@code dl4j-spark}.
     *
     * @param data batches with labels, at least one
     * @param average whether to return the mean; otherwise it is multiplied by the number of examples, regularization
     *     included, as in {@code dl4j-spark}
     */
    public double calculateScore(JavaRDD<DataSet> data, boolean average) {
        return scoreOn(requireGiven("The data", data).map(new Encode.DataSets()), average);
    }

    /** As {@link #calculateScore(JavaRDD, boolean)}, for multi data sets. */
    public double calculateScoreMultiDataSet(JavaRDD<MultiDataSet> data, boolean average) {
        return scoreOn(requireGiven("The data", data).map(new Encode.MultiDataSets()), average);
    }

    private double scoreOn(JavaRDD<byte[]> encoded, boolean average) {
        return exclusively(() -> {
            ShareScore score = training.score(encoded);
            double mean = score.loss() + network.regularization();
            return average ? mean : mean * score.examples();
        });
    }

    private <T> T exclusively(Supplier<T> call) {
        if (!inUse.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "The trainer is in use, by another thread or by a listener; one call at a time");
        }
        try {
            if (closed) {
                throw new IllegalStateException("The trainer is closed; build a new one to go on training");
            }
            synchronized (network.monitor()) {
                return call.get();
            }
        } finally {
            inUse.set(false);
        }
    }

    private <R extends JavaRDD<?>> R requireToTrainOn(String what, @Nullable R given) {
        R present = requireGiven(what, given);
        cluster.warnOfOrder(present);
        return present;
    }

    private <R extends JavaRDD<?>> R requireGiven(String what, @Nullable R given) {
        if (given == null) {
            throw new IllegalArgumentException(what + " must be an RDD, got null");
        }
        cluster.require(given);
        return given;
    }

    /**
     * Frees the trainer's memory on the driver; that on executors is freed when they end, or by the next trainer after
     * ten minutes. Network and context stay usable, and a second call does nothing.
     *
     * @throws IllegalStateException if the trainer is in use
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        exclusively(() -> {
            closed = true;
            steps.close();
            network.close();
            Workers.dismiss(id);
            return id;
        });
    }

    /** Configures a trainer. Every setter checks its value and returns this builder. */
    public static final class Builder {

        private static final int MOST_IN_A_ROW = 10;

        private final JavaSparkContext context;
        private final BiFunction<StatisticsPolicy, Integer, TrainedNetwork> network;
        private int microBatchSize = MicroBatches.WHOLE;
        private int parallelism = 1;
        private int batchesPerStep = 1;
        private BatchNormStatistics batchNormStatistics = BatchNormStatistics.POOLED;
        private LossNormalization lossNormalization = LossNormalization.EXAMPLES;
        private List<GradientTransform> gradientTransforms = List.of();
        private NonFinitePolicy nonFinite = NonFinitePolicy.REFUSE;
        private int mostInARow = MOST_IN_A_ROW;
        private @Nullable StepFilter stepFilter;
        private OptionalInt partitions = OptionalInt.empty();
        private @Nullable CheckpointedTraining checkpoints;
        private AddPieces reducer = new AddPieces();

        private Builder(JavaSparkContext context, BiFunction<StatisticsPolicy, Integer, TrainedNetwork> network) {
            this.context = context;
            this.network = network;
        }

        /**
         * Sets the number of batches of a window of {@code fit}, over all partitions. Default 1; usually a multiple of
         * the number of partitions.
         *
         * @param batches at least 1
         */
        public Builder batchesPerStep(int batches) {
            batchesPerStep = Arguments.atLeastOne("batchesPerStep", batches);
            return this;
        }

        /**
         * Sets the most examples that one forward and backward pass sees. By default batches are not split.
         *
         * @param examples at least 1
         */
        public Builder microBatchSize(int examples) {
            microBatchSize = Arguments.atLeastOne("microBatchSize", examples);
            return this;
        }

        /**
         * Sets how many micro-batches each task computes side by side. Default 1: Spark itself runs tasks side by side,
         * as many as an executor has cores; set more where tasks have several ({@code spark.task.cpus}).
         *
         * @param workers at least 1
         */
        public Builder parallelism(int workers) {
            parallelism = Arguments.atLeastOne("parallelism", workers);
            return this;
        }

        /**
         * Sets what normalizing layers do with a window. Default {@link BatchNormStatistics#POOLED}; the order of
         * {@link BatchNormStatistics#SEQUENTIAL} is that of partitions, then of micro-batches.
         *
         * @param policy the policy
         */
        public Builder batchNormStatistics(BatchNormStatistics policy) {
            batchNormStatistics = Arguments.given("batchNormStatistics", policy);
            return this;
        }

        /**
         * Sets what a window's loss is divided by. Default {@link LossNormalization#EXAMPLES}.
         *
         * @param by the divisor, counted over all partitions
         */
        public Builder lossNormalization(LossNormalization by) {
            lossNormalization = Arguments.given("lossNormalization", by);
            return this;
        }

        /**
         * Sets what the mean gradient goes through on the driver before the updater. Default nothing.
         *
         * @param inOrder applied one after the other
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
         * @param policy REFUSE or SKIP_STEP; {@code build()} refuses SKIP_MICRO_BATCH
         */
        public Builder nonFinite(NonFinitePolicy policy) {
            return nonFinite(policy, MOST_IN_A_ROW);
        }

        /**
         * As {@link #nonFinite(NonFinitePolicy)}, with another limit.
         *
         * @param policy REFUSE or SKIP_STEP
         * @param mostInARow how many windows in a row may be dropped, at least 1: the next one throws
         *     {@link io.github.gradacc.train.NonFiniteGradientException}. A step starts the count anew. Not read under
         *     REFUSE
         */
        public Builder nonFinite(NonFinitePolicy policy, int mostInARow) {
            nonFinite = Arguments.given("nonFinite", policy);
            this.mostInARow = Arguments.atLeastOne("mostInARow", mostInARow);
            return this;
        }

        /**
         * Sets what is asked on the driver before each step, and may veto it. Default: every step is taken.
         *
         * @param filter one for this trainer
         */
        public Builder stepFilter(StepFilter filter) {
            stepFilter = Arguments.given("stepFilter", filter);
            return this;
        }

        /**
         * Deals the batches to so many partitions: batch i of the RDD to partition i modulo n. Default: those of the
         * RDD; for a folder {@link #batchesPerStep}.
         *
         * <p>The bits of a training then depend on the batches and their order, and no longer on the RDD's own
         * partitions, which may follow the size of the cluster; and a window has batches that follow one another. Spark
         * moves all batches once for each call that trains (of files only the paths).
         *
         * @param partitions at least 1; usually the number of cores of the cluster
         */
        public Builder partitions(int partitions) {
            this.partitions = OptionalInt.of(Arguments.atLeastOne("partitions", partitions));
            return this;
        }

        /**
         * Saves the training on the driver's machine, and goes on with it when the program is run again: it then ends
         * with the same bits as if it had never been stopped. The trainer trains in one call of {@code fit}; its number
         * of epochs is that of all runs together.
         *
         * <p>The data, its partitions and order, the configuration of the network and the settings must be the same
         * ones; that they are is compared, and a difference refused with an {@link IllegalArgumentException} that names
         * it. The directory holds the network's parameters, updater state and counters in DL4J's own model files.
         *
         * @param settings directory, times and number of checkpoints; their {@code fit} methods are not used
         */
        public Builder checkpoints(CheckpointedTraining settings) {
            checkpoints = Arguments.given("checkpoints", settings);
            return this;
        }

        /** The settings by which windows are made of data, in words. */
        private Map<String, String> dealing() {
            return Map.of(
                    "batchesPerStep",
                    String.valueOf(batchesPerStep),
                    "partitions",
                    partitions.isPresent() ? String.valueOf(partitions.getAsInt()) : "those of the data");
        }

        /** For tests, whose reducers fail. */
        Builder reducer(AddPieces changed) {
            reducer = changed;
            return this;
        }

        /**
         * Checks the context and the network and makes the trainer. The network is not changed, except that DL4J
         * creates its updater if it has none yet.
         *
         * @throws IllegalArgumentException if context or network is null
         * @throws IllegalStateException if the driver's process lacks a flag that Spark needs, if the context is
         *     stopped, its limits are too low for the network's gradient or its serializer loses ND4J's arrays (see
         *     {@link GradAccKryoRegistrator}), or if the network cannot be trained this way; the message says why and
         *     what to do
         */
        public SparkAccumulationTrainer build() {
            ShareSettings settings =
                    new ShareSettings(microBatchSize, parallelism, batchNormStatistics, lossNormalization);
            // On the driver no passes are made but the one that makes the gradient array.
            TrainedNetwork trained = network.apply(settings.statistics(), 1);
            INDArray parameters = trained.model().params();
            Requirements.check(context, parameters.length(), parameters.dataType());
            return new SparkAccumulationTrainer(trained, settings, this);
        }
    }
}
