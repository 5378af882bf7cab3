/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.AsGraph;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.GraphCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.dropout.AlphaDropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Any number of workers gives the same bits. The tests run with one native thread, so that one worker takes the path of
 * several; without that its bits may differ, as BLAS splits its sums among threads.
 */
@ExtendWith({DoubleByDefault.class, Quiet.class})
class ParallelTest {

    private static final int[] WORKERS = {2, 3, 5};
    private static final int FEATURES = 67;

    private static MultiLayerConfiguration wide() {
        return Nets.of(InputType.feedForward(FEATURES), dense(33), softmax(3));
    }

    static Stream<ExactnessCase> networks() {
        return Stream.of(
                ExactnessCase.of("dense", Nets::mlp, Batches::mlp),
                ExactnessCase.of(
                        "FLOAT",
                        () -> Nets.mlp(settings -> settings.dataType(DataType.FLOAT)),
                        () -> Batches.classification(DataType.FLOAT, 3, data -> n -> data.normal(n, 4))),
                ExactnessCase.of(
                        "features in column order",
                        ParallelTest::wide,
                        () -> Batches.classification(
                                DataType.DOUBLE,
                                3,
                                data -> n -> data.normal(n, FEATURES).dup('f'))),
                ExactnessCase.of(
                        "features that are columns of a wider array",
                        ParallelTest::wide,
                        () -> Batches.classification(
                                DataType.DOUBLE,
                                3,
                                data -> n -> data.normal(n, 2 * FEATURES)
                                        .get(NDArrayIndex.all(), NDArrayIndex.interval(0, FEATURES)))),
                ExactnessCase.of(
                        "HALF",
                        () -> Nets.mlp(settings -> settings.dataType(DataType.FLOAT16)
                                .updater(new org.nd4j.linalg.learning.config.Sgd(0.1))),
                        () -> Batches.classification(DataType.FLOAT16, 3, data -> n -> data.normal(n, 4))),
                ExactnessCase.of(
                        "penalties, sums",
                        () -> Nets.mlp(settings -> settings.l2(0.1).miniBatch(false)),
                        Batches::mlp),
                ExactnessCase.of("convolution, batch norm", ParallelTest::convolution, ParallelTest::images),
                ExactnessCase.of(
                        "center loss",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(5),
                                new CenterLossOutputLayer.Builder()
                                        .nOut(3)
                                        .activation(Activation.SOFTMAX)
                                        .alpha(0.1)
                                        .lambda(0.01)
                                        .build()),
                        Batches::mlp),
                ExactnessCase.of(
                        "both directions",
                        () -> Nets.of(InputType.recurrent(3), new Bidirectional(lstm(4)), rnnSoftmax(3)),
                        Batches::sequences),
                ExactnessCase.of("truncated BPTT", ParallelTest::truncated, Batches::sequences),
                ExactnessCase.of(
                        "frozen",
                        () -> Nets.of(InputType.feedForward(4), new FrozenLayer(dense(5)), softmax(3)),
                        Batches::mlp));
    }

    /** Dropout and noise, which each micro-batch draws from a stream of its own. */
    static Stream<ExactnessCase> noisyNetworks() {
        return Stream.of(
                ExactnessCase.of(
                        "dropout and noise",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new DenseLayer.Builder().nOut(6).dropOut(0.7).build(),
                                new DenseLayer.Builder()
                                        .nOut(5)
                                        .weightNoise(new DropConnect(0.8))
                                        .build(),
                                new DenseLayer.Builder()
                                        .nOut(5)
                                        .activation(Activation.RRELU)
                                        .build(),
                                softmax(3)),
                        Batches::mlp),
                ExactnessCase.of(
                        "dropout inside a wrapper",
                        () -> Nets.of(
                                InputType.recurrent(3),
                                new Bidirectional(new org.deeplearning4j.nn.conf.layers.LSTM.Builder()
                                        .nOut(4)
                                        .dropOut(new AlphaDropout(0.8))
                                        .build()),
                                rnnSoftmax(3)),
                        Batches::sequences));
    }

    private record Result(MultiLayerNetwork network, EventLog events) {}

    private static Result train(ExactnessCase row, int workers, boolean microBatches) {
        MultiLayerNetwork network = Nets.init(row.configuration().get());
        EventLog events = new EventLog();
        network.setListeners(events);
        Nd4j.getRandom().setSeed(5);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(3)
                .microBatchSize(microBatches ? 2 : Integer.MAX_VALUE)
                .parallelism(workers)
                .build()) {
            trainer.fit(iterate(row.batches().get()), 2);
        }
        return new Result(network, events);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"networks", "noisyNetworks"})
    void anyNumberOfWorkersGivesTheSameBits(ExactnessCase row) {
        for (boolean microBatches : new boolean[] {true, false}) {
            Result one = train(row, 1, microBatches);
            for (int workers : WORKERS) {
                Result several = train(row, workers, microBatches);
                ExactnessCase.assertSame(several.network(), one.network(), 0);
                several.events().assertSameAs(one.events(), 0);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"networks", "noisyNetworks"})
    void anyNumberOfWorkersGivesTheSameBitsForGraphs(ExactnessCase row) {
        ComputationGraph one = trainGraph(row, 1);
        GraphCase.assertSame(trainGraph(row, 2), one, 0);
        GraphCase.assertSame(trainGraph(row, 3), one, 0);
    }

    private static ComputationGraph trainGraph(ExactnessCase row, int workers) {
        ComputationGraph graph = AsGraph.of(Nets.init(row.configuration().get()));
        Nd4j.getRandom().setSeed(5);
        try (var trainer = GradientAccumulationTrainer.builder(graph)
                .microBatchSize(2)
                .parallelism(workers)
                .build()) {
            trainer.fit(iterate(row.batches().get()), 2);
        }
        return graph;
    }

    @Test
    void equalsNativeTraining() {
        ExactnessCase row = ExactnessCase.of("", Nets::mlp, Batches::mlp);
        MultiLayerNetwork reference = Nets.init(row.configuration().get());
        EventLog expected = new EventLog();
        reference.setListeners(expected);
        reference.fit(iterate(Data.windows(row.batches().get(), 3)), 2);
        Result ours = train(row, 3, true);
        ExactnessCase.assertSame(ours.network(), reference, Tolerance.DOUBLE);
        ours.events().assertSameAs(expected, Tolerance.DOUBLE);
    }

    @Test
    void microBatchesDrawDifferentNumbers() {
        MultiLayerConfiguration noisy =
                noisyNetworks().findFirst().orElseThrow().configuration().get();
        DataSet half = new Data(3, DataType.DOUBLE).dataSet(4, 3, 4);
        DataSet twice = DataSet.merge(List.of(half, half));
        MultiLayerNetwork same = Nets.init(noisy);
        MultiLayerNetwork different = same.clone();
        try (var first = GradientAccumulationTrainer.builder(same).build();
                var second = GradientAccumulationTrainer.builder(different)
                        .microBatchSize(4)
                        .build()) {
            Nd4j.getRandom().setSeed(1);
            first.fit(half);
            second.fit(twice);
        }
        assertThat(different.params()).isNotEqualTo(same.params());
        var third = same.clone();
        var fourth = same.clone();
        third.setParams(Nets.init(noisy).params());
        fourth.setParams(third.params());
        third.setIterationCount(7);
        fourth.setIterationCount(8);
        for (var network : List.of(third, fourth)) {
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(4)
                    .build()) {
                trainer.fit(twice);
            }
        }
        assertThat(third.params()).as("another step, other numbers").isNotEqualTo(fourth.params());
    }

    @Test
    void theCallersGeneratorGoesOnWhereItWas() {
        MultiLayerNetwork network = Nets.init(
                noisyNetworks().findFirst().orElseThrow().configuration().get());
        Random generator = Nd4j.getRandom();
        generator.setSeed(17);
        long root = generator.rootState();
        long node = generator.nodeState();
        for (int workers : new int[] {1, 3}) {
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(2)
                    .parallelism(workers)
                    .build()) {
                trainer.fit(new Data(3, DataType.DOUBLE).dataSet(9, 3, 4));
            }
            assertThat(generator.getSeed()).isEqualTo(17);
            assertThat(generator.rootState()).isEqualTo(root);
            assertThat(generator.nodeState()).isEqualTo(node);
        }
    }

    @Test
    void handWrittenLoopsMayReuseTheirArrays() {
        MultiLayerNetwork one = Nets.init(Nets.mlp());
        MultiLayerNetwork three = one.clone();
        for (int workers : new int[] {1, 3}) {
            MultiLayerNetwork network = workers == 1 ? one : three;
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .accumulationSteps(5)
                    .parallelism(workers)
                    .build()) {
                DataSet reused = Batches.mlp().get(0);
                for (DataSet batch : Batches.mlp()) {
                    if (batch.numExamples() == reused.numExamples()) {
                        reused.getFeatures().assign(batch.getFeatures());
                        reused.getLabels().assign(batch.getLabels());
                        trainer.accumulate(reused);
                    } else {
                        trainer.accumulate(batch);
                    }
                }
                trainer.flush();
            }
        }
        ExactnessCase.assertSame(three, one, 0);
        assertThat(three.getIterationCount()).isEqualTo(2);
    }

    @Test
    void theNetworkMayBeGivenOtherParametersInBetween() {
        MultiLayerNetwork one = Nets.init(Nets.mlp());
        MultiLayerNetwork two = one.clone();
        List<DataSet> batches = Batches.mlp();
        for (int workers : new int[] {1, 2}) {
            MultiLayerNetwork network = workers == 1 ? one : two;
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(1)
                    .parallelism(workers)
                    .build()) {
                trainer.fit(batches.get(0));
                network.setParams(network.params().mul(0.5));
                trainer.fit(batches.get(1));
                network.setParameters(network.params().mul(2));
                trainer.fit(batches.get(2));
            }
        }
        ExactnessCase.assertSame(two, one, 0);
    }

    @Test
    void moreWorkersThanMicroBatches() {
        MultiLayerNetwork one = Nets.init(Nets.mlp());
        MultiLayerNetwork many = one.clone();
        DataSet batch = Batches.mlp().get(0);
        try (var first = GradientAccumulationTrainer.builder(one)
                        .microBatchSize(3)
                        .build();
                var second = GradientAccumulationTrainer.builder(many)
                        .microBatchSize(3)
                        .parallelism(16)
                        .build()) {
            first.fit(batch);
            second.fit(batch);
            second.fit(Batches.mlp().get(5)); // one example, one micro-batch
            first.fit(Batches.mlp().get(5));
        }
        ExactnessCase.assertSame(many, one, 0);
    }

    @Test
    void refusesAConfigurationThatCannotBeCopied() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), new Scaled(2), softmax(3)));
        assertThatThrownBy(() -> GradientAccumulationTrainer.builder(network)
                        .parallelism(2)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("JSON", "parallelism(1)");
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            trainer.fit(Batches.mlp().get(0));
        }
    }

    /** Cannot be read from JSON: it has no constructor that takes no arguments. */
    private static final class Scaled extends SameDiffLambdaLayer {
        private static final long serialVersionUID = 1L;

        private final double factor;

        Scaled(double factor) {
            this.factor = factor;
        }

        @Override
        public SDVariable defineLayer(SameDiff sameDiff, SDVariable input) {
            return input.mul(factor);
        }

        @Override
        public InputType getOutputType(int index, InputType input) {
            return input;
        }
    }

    private static MultiLayerConfiguration convolution() {
        return Nets.of(
                Nets.settings().updater(new Adam(0.01)),
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3)
                        .nOut(3)
                        .convolutionMode(ConvolutionMode.Same)
                        .build(),
                new BatchNormalization(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build(),
                softmax(3));
    }

    private static List<DataSet> images() {
        return Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 6, 6));
    }

    private static MultiLayerConfiguration truncated() {
        Supplier<Layer[]> layers = () -> new Layer[] {lstm(4), rnnSoftmax(3)};
        var list = Nets.settings().list();
        for (Layer layer : layers.get()) {
            list.layer(layer);
        }
        return list.setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build();
    }
}
