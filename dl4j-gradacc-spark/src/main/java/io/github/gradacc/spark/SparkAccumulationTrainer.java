/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.NetworkBlueprint;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.GradientTransform;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.SharedSteps;
import io.github.gradacc.train.SharedWindow;
import io.github.gradacc.train.StepReport;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

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
 * <p>The sums are added by a reduce-scatter: partition p sends slice j of its sum to reducer j, which adds the slices in
 * the order of the partitions. So the bits of the result depend on partitions and micro-batches, and neither on
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

    private final Cluster cluster;
    private final TrainedNetwork network;
    private final ShareSettings settings;
    private final SharedSteps steps;
    private final NetworkBlueprint blueprint;
    private final int batchesPerStep;
    private final String id = UUID.randomUUID().toString();
    private final AtomicBoolean inUse = new AtomicBoolean();
    private boolean closed;

    private SparkAccumulationTrainer(Cluster cluster, TrainedNetwork network, ShareSettings settings, Builder builder) {
        this.cluster = cluster;
        this.network = network;
        this.settings = settings;
        steps = new SharedSteps(network, settings, builder.gradientTransforms, builder.nonFinite, builder.mostInARow);
        blueprint = network.blueprint();
        batchesPerStep = builder.batchesPerStep;
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
        return stepOn(requireGiven("The window", window).map(new Encode.DataSets()));
    }

    /** As {@link #step(JavaRDD)}, for multi data sets. */
    public StepReport stepMultiDataSet(JavaRDD<MultiDataSet> window) {
        return stepOn(requireGiven("The window", window).map(new Encode.MultiDataSets()));
    }

    /**
     * Trains for several epochs, with windows of {@link Builder#batchesPerStep} batches each; the last window of an
     * epoch has what is left.
     *
     * <p>Batches are dealt to windows in rounds, one from each partition: every window has work for all partitions, and
     * which batches are in it depends on the data and its partitions alone.
     *
     * @param data the batches, in the same order each time the RDD is computed; copied into Spark's storage for the time
     *     of the call
     * @param epochs number of epochs, at least 1
     * @throws IllegalArgumentException if {@code epochs} is less than 1, and as for {@link #step(JavaRDD)}
     */
    public void fit(JavaRDD<DataSet> data, int epochs) {
        fitOn(requireGiven("The data", data).map(new Encode.DataSets()), epochs);
    }

    /** As {@link #fit(JavaRDD, int)}, for one epoch. */
    public void fit(JavaRDD<DataSet> data) {
        fit(data, 1);
    }

    /** As {@link #fit(JavaRDD, int)}, for multi data sets. */
    public void fitMultiDataSet(JavaRDD<MultiDataSet> data, int epochs) {
        fitOn(requireGiven("The data", data).map(new Encode.MultiDataSets()), epochs);
    }

    /**
     * As {@link #fit(JavaRDD, int)}, for data sets that were saved to files by {@link DataSet#save(java.io.File)}.
     *
     * @param paths one for each batch, as Hadoop reads them on the executors: {@code hdfs://...}, or {@code file:...} on
     *     disks that all of them have
     */
    public void fitPaths(JavaRDD<String> paths, int epochs) {
        fitOn(requireGiven("The paths", paths).map(new Encode.Paths()), epochs);
    }

    private StepReport stepOn(JavaRDD<byte[]> encoded) {
        return stored(encoded, plan -> takeStep(encoded, plan.window(0, plan.batches())));
    }

    private void fitOn(JavaRDD<byte[]> encoded, int epochs) {
        if (epochs < 1) {
            throw new IllegalArgumentException("The number of epochs must be at least 1, got " + epochs);
        }
        stored(encoded, plan -> {
            for (int epoch = 0; epoch < epochs; epoch++) {
                network.startEpoch();
                for (int from = 0; from < plan.batches(); from += batchesPerStep) {
                    takeStep(encoded, plan.window(from, (int) Math.min(plan.batches(), (long) from + batchesPerStep)));
                }
                network.endEpoch();
            }
            return plan;
        });
    }

    /** Keeps the batches in Spark's storage while they are used. */
    private <T> T stored(JavaRDD<byte[]> encoded, java.util.function.Function<Plan, T> training) {
        return exclusively(() -> {
            encoded.persist(StorageLevel.MEMORY_AND_DISK());
            try {
                return training.apply(plan(encoded));
            } finally {
                encoded.unpersist(false);
            }
        });
    }

    private Plan plan(JavaRDD<byte[]> encoded) {
        Broadcast<byte[]> model = cluster.broadcast(model());
        try {
            List<PartitionCount> counts = cluster.count(encoded, model);
            counts.stream()
                    .map(PartitionCount::failure)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .ifPresent(failure -> {
                        throw failure.toException();
                    });
            Plan plan = new Plan(counts);
            if (plan.batches() == 0) {
                throw new IllegalArgumentException("The RDD has no batch in any of its " + counts.size()
                        + " partitions: there is nothing to train on");
            }
            showExample(counts);
            return plan;
        } finally {
            model.destroy();
        }
    }

    private void showExample(List<PartitionCount> counts) {
        if (steps.needsExample()) {
            counts.stream()
                    .map(PartitionCount::example)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .map(example -> EncodedBatch.decode(example.bytes()))
                    .ifPresent(steps::showExample);
        }
    }

    private StepReport takeStep(JavaRDD<byte[]> encoded, Plan.Window planned) {
        SharedWindow window = steps.open(planned.count());
        Broadcast<byte[]> model = cluster.broadcast(model());
        try {
            INDArray parameters = network.model().params();
            int width = parameters.dataType() == DataType.DOUBLE ? DataType.DOUBLE.width() : DataType.FLOAT.width();
            Cluster.Shares shares =
                    cluster.sum(encoded, model, planned.parts(), window.task(), parameters.length(), width);
            return steps.step(window, shares.shares(), shares.failure());
        } finally {
            model.destroy();
        }
    }

    private Model model() {
        return new Model(id, blueprint, RawArray.of(network.model().params()), settings);
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
            batchesPerStep = requireAtLeastOne("batchesPerStep", batches);
            return this;
        }

        /**
         * Sets the most examples that one forward and backward pass sees. By default batches are not split.
         *
         * @param examples at least 1
         */
        public Builder microBatchSize(int examples) {
            microBatchSize = requireAtLeastOne("microBatchSize", examples);
            return this;
        }

        /**
         * Sets how many micro-batches each task computes side by side. Default 1: Spark itself runs tasks side by side,
         * as many as an executor has cores; set more where tasks have several ({@code spark.task.cpus}).
         *
         * @param workers at least 1
         */
        public Builder parallelism(int workers) {
            parallelism = requireAtLeastOne("parallelism", workers);
            return this;
        }

        /**
         * Sets what normalizing layers do with a window. Default {@link BatchNormStatistics#POOLED}; the order of
         * {@link BatchNormStatistics#SEQUENTIAL} is that of partitions, then of micro-batches.
         *
         * @param policy the policy
         */
        public Builder batchNormStatistics(BatchNormStatistics policy) {
            batchNormStatistics = requireGiven("batchNormStatistics", policy);
            return this;
        }

        /**
         * Sets what a window's loss is divided by. Default {@link LossNormalization#EXAMPLES}.
         *
         * @param by the divisor, counted over all partitions
         */
        public Builder lossNormalization(LossNormalization by) {
            lossNormalization = requireGiven("lossNormalization", by);
            return this;
        }

        /**
         * Sets what the mean gradient goes through on the driver before the updater. Default nothing.
         *
         * @param inOrder applied one after the other
         */
        public Builder gradientTransforms(GradientTransform... inOrder) {
            for (GradientTransform transform : requireGiven("gradientTransforms", inOrder)) {
                requireGiven("a gradient transform", transform);
            }
            gradientTransforms = List.of(inOrder);
            return this;
        }

        /**
         * Sets what happens to gradients that are not finite. Default {@link NonFinitePolicy#REFUSE}.
         *
         * @param policy REFUSE or SKIP_STEP; {@code build()} refuses SKIP_MICRO_BATCH
         */
        public Builder nonFinite(NonFinitePolicy policy) {
            nonFinite = requireGiven("nonFinite", policy);
            return this;
        }

        /** For tests, whose reducers fail. */
        Builder reducer(AddPieces changed) {
            reducer = changed;
            return this;
        }

        /**
         * Checks the context and the network and makes the trainer. The network is not changed, except that DL4J creates
         * its updater if it has none yet.
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
            return new SparkAccumulationTrainer(new Cluster(context, reducer), trained, settings, this);
        }

        private static int requireAtLeastOne(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + value);
            }
            return value;
        }

        private static <T> T requireGiven(String name, @Nullable T value) {
            if (value == null) {
                throw new IllegalArgumentException(name + " must not be null");
            }
            return value;
        }
    }
}
