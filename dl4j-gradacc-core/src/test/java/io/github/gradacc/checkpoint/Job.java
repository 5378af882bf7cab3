/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.GradientNoise;
import io.github.gradacc.train.PartialWindow;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.factory.Nd4j;

/** Trainings that are stopped and gone on with, each with something that a checkpoint may forget. */
@SuppressWarnings("ImmutableEnumChecker") // The suppliers are lambdas without state.
enum Job {
    /** Dropout that draws from the generator of the thread, since a window is one pass. */
    DROPOUT(() -> Nets.of(InputType.feedForward(4), dropout(6), Nets.softmax(3)), settings -> settings, Batches::mlp),

    /** Dropout and gradient noise that draw from streams of their own. */
    NOISE(
            () -> Nets.of(InputType.feedForward(4), dropout(6), Nets.softmax(3)),
            settings -> settings.accumulationSteps(2).microBatchSize(2).gradientTransforms(new GradientNoise(0.01)),
            Batches::mlp),

    BATCH_NORM(
            () -> Nets.of(InputType.feedForward(4), Nets.dense(200), norm(), Nets.dense(200), Nets.softmax(3)),
            settings -> settings.accumulationSteps(3).microBatchSize(2),
            Batches::mlp),

    TRUNCATED_BPTT(
            () -> Nets.settings()
                    .list()
                    .layer(Nets.lstm(4))
                    .layer(Nets.rnnSoftmax(3))
                    .setInputType(InputType.recurrent(3))
                    .backpropType(BackpropType.TruncatedBPTT)
                    .tBPTTLength(2)
                    .build(),
            settings -> settings.accumulationSteps(2),
            Batches::sequences),

    /** Eight batches, three to a window: one is open at the end of most epochs. */
    CARRY(
            () -> Nets.of(InputType.feedForward(4), dropout(6), norm(), Nets.softmax(3)),
            settings -> settings.accumulationSteps(3).partialWindow(PartialWindow.CARRY),
            Batches::mlp),

    CARRY_IN_ORDER(
            () -> Nets.of(InputType.feedForward(4), norm(), Nets.softmax(3)),
            settings -> settings.accumulationSteps(5)
                    .partialWindow(PartialWindow.CARRY)
                    .batchNormStatistics(BatchNormStatistics.SEQUENTIAL),
            Batches::mlp),

    WORKERS(
            () -> Nets.of(InputType.feedForward(4), dropout(6), norm(), Nets.softmax(3)),
            settings -> settings.accumulationSteps(3).microBatchSize(2).parallelism(2),
            Batches::mlp),

    GRAPH(null, settings -> settings.accumulationSteps(3).microBatchSize(3), Batches::mlp);

    static final int EPOCHS = 3;

    private final Supplier<MultiLayerConfiguration> configuration;
    private final UnaryOperator<GradientAccumulationTrainer.Builder> settings;
    private final Supplier<List<DataSet>> batches;

    Job(
            Supplier<MultiLayerConfiguration> configuration,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            Supplier<List<DataSet>> batches) {
        this.configuration = configuration;
        this.settings = settings;
        this.batches = batches;
    }

    private static Layer dropout(int units) {
        return new DenseLayer.Builder().nOut(units).dropOut(0.7).build();
    }

    private static Layer norm() {
        return new BatchNormalization.Builder().build();
    }

    UnaryOperator<GradientAccumulationTrainer.Builder> settings() {
        return settings;
    }

    MultiLayerNetwork network() {
        return Nets.init(configuration.get());
    }

    private static ComputationGraph graph() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4))
                .addLayer("left", dropout(5), "in")
                .addLayer("right", Nets.dense(5), "in")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "left", "right")
                .addLayer("norm", norm(), "sum")
                .addLayer("out", Nets.softmax(3), "norm")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    Shuffled data(boolean async) {
        return new Shuffled(batches.get(), 17, async);
    }

    /** Trains, or goes on, with checkpoints. */
    Model fit(CheckpointedTraining training, Shuffled data, int epochs) {
        Nd4j.getRandom().setSeed(99);
        return this == GRAPH
                ? training.fitGraph(Job::graph, settings, new MultiDataSetIteratorAdapter(data), epochs)
                : training.fit(this::network, settings, data, epochs);
    }

    /** Trains without checkpoints, and without a stop. */
    Outcome undisturbed(int epochs) {
        Nd4j.getRandom().setSeed(99);
        if (this == GRAPH) {
            ComputationGraph graph = graph();
            try (var trainer =
                    settings.apply(GradientAccumulationTrainer.builder(graph)).build()) {
                trainer.fit(data(true), epochs);
            }
            return Outcome.of(graph);
        }
        MultiLayerNetwork network = network();
        try (var trainer =
                settings.apply(GradientAccumulationTrainer.builder(network)).build()) {
            trainer.fit(data(true), epochs);
        }
        return Outcome.of(network);
    }
}
