/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.dropout.AlphaDropout;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

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
                        () -> Nets.mlp(
                                settings -> settings.dataType(DataType.FLOAT16).updater(new Sgd(0.1))),
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
                                Nets.settings().updater(new Sgd(0.1)),
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
                        "dropout that changes with the epoch",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new DenseLayer.Builder()
                                        .nOut(6)
                                        .dropOut(new Dropout(new StepSchedule(ScheduleType.EPOCH, 0.9, 0.5, 1)))
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

    static Stream<Arguments> inBothClasses() {
        return ExactnessCase.inBothClasses(Stream.concat(networks(), noisyNetworks()));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("inBothClasses")
    void anyNumberOfWorkersGivesTheSameBits(ExactnessCase testCase, NetworkClass<?> type) {
        verifyWorkers(testCase, type);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("inBothClasses")
    void anyNumberOfWorkersGivesTheSameBitsOnWholeBatches(ExactnessCase testCase, NetworkClass<?> type) {
        verifyWorkers(testCase.windows(3, Integer.MAX_VALUE), type);
    }

    private static <T extends Model> void verifyWorkers(ExactnessCase testCase, NetworkClass<T> type) {
        var one = testCase.accumulated(type);
        for (int workers : WORKERS) {
            testCase.accumulated(type, settings -> settings.parallelism(workers))
                    .assertSameAs(one, 0);
        }
    }

    /**
     * A single micro-batch is never copied, and its updates are never pooled: the bits are those of native training.
     */
    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("inBothClasses")
    <T extends Model> void anyNumberOfWorkersGivesTheSameBitsOnWindowsOfOneBatch(
            ExactnessCase testCase, NetworkClass<T> type) {
        verifyWorkers(testCase.windows(1, 2), type);
    }

    /**
     * One worker computes the last window's only micro-batch when it comes, several when they know that it is alone.
     */
    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("inBothClasses")
    <T extends Model> void anyNumberOfWorkersGivesTheSameBitsOnALastWindowOfOneMicroBatch(
            ExactnessCase testCase, NetworkClass<T> type) {
        verifyWorkers(testCase.windows(7, 100), type);
    }

    @EachNetworkClass
    <T extends Model> void equalsNativeTraining(NetworkClass<T> type) {
        ExactnessCase testCase = ExactnessCase.of("", Nets::mlp, Batches::mlp);
        var reference = testCase.natively(type);
        testCase.accumulated(type, settings -> settings.parallelism(3)).assertSameAs(reference, testCase.tolerance());
    }

    private static <T extends Model> T noisy(NetworkClass<T> type) {
        return noisyNetworks().findFirst().orElseThrow().workload().network(type);
    }

    private static <T extends Model> void accumulate(
            NetworkClass<T> type, T network, int examplesPerPass, int workers, DataSet... windows) {
        try (var trainer = type.builder(network)
                .microBatchSize(examplesPerPass)
                .parallelism(workers)
                .build()) {
            for (DataSet window : windows) {
                trainer.fit(window);
            }
        }
    }

    /** If they drew the same, two of them and three of them would take the same step. */
    @EachNetworkClass
    <T extends Model> void microBatchesDrawDifferentNumbers(NetworkClass<T> type) {
        DataSet batch = new Data(3, DataType.DOUBLE).dataSet(4, 3, 4);
        T two = noisy(type);
        T three = noisy(type);
        accumulate(type, two, 4, 1, DataSet.merge(List.of(batch, batch)));
        accumulate(type, three, 4, 1, DataSet.merge(List.of(batch, batch, batch)));
        assertThat(two.params().distance2(three.params())).isGreaterThan(1e-3);
    }

    @EachNetworkClass
    <T extends Model> void stepsDrawDifferentNumbers(NetworkClass<T> type) {
        DataSet batch = new Data(3, DataType.DOUBLE).dataSet(8, 3, 4);
        T network = noisy(type);
        INDArray start = network.params().dup();
        accumulate(type, network, 4, 1, batch);
        INDArray afterTheFirst = network.params().dup();
        network.setParams(start);
        accumulate(type, network, 4, 1, batch);
        assertThat(network.params().distance2(afterTheFirst)).isGreaterThan(1e-3);
    }

    @EachNetworkClass
    <T extends Model> void theCallersGeneratorGoesOnWhereItWas(NetworkClass<T> type) {
        T network = noisy(type);
        DataSet batch = new Data(3, DataType.DOUBLE).dataSet(9, 3, 4);
        Random generator = Nd4j.getRandom();
        generator.setSeed(17);
        long root = generator.rootState();
        long node = generator.nodeState();
        for (int workers : new int[] {1, 3}) {
            accumulate(type, network, 2, workers, batch);
            assertThat(generator.getSeed()).isEqualTo(17);
            assertThat(generator.rootState()).isEqualTo(root);
            assertThat(generator.nodeState()).isEqualTo(node);
        }
    }

    @EachNetworkClass
    <T extends Model> void handWrittenLoopsMayReuseTheirArrays(NetworkClass<T> type) {
        T three = trainedOnReusedArrays(type, 3);
        assertSame(three, trainedOnReusedArrays(type, 1), 0);
        assertThat(type.iterations(three)).isEqualTo(2);
    }

    private static <T extends Model> T trainedOnReusedArrays(NetworkClass<T> type, int workers) {
        T network = type.init(Nets.mlp());
        try (var trainer =
                type.builder(network).accumulationSteps(5).parallelism(workers).build()) {
            for (DataSet batch : Batches.mlp()) {
                trainer.accumulate(batch);
                batch.getFeatures().assign(Double.NaN);
                batch.getLabels().assign(Double.NaN);
            }
            trainer.flush();
        }
        return network;
    }

    @EachNetworkClass
    <T extends Model> void theNetworkMayBeGivenOtherParametersInBetween(NetworkClass<T> type) {
        assertSame(trainedOnOtherParameters(type, 2), trainedOnOtherParameters(type, 1), 0);
    }

    private static <T extends Model> T trainedOnOtherParameters(NetworkClass<T> type, int workers) {
        T network = type.init(Nets.mlp());
        List<DataSet> batches = Batches.mlp();
        try (var trainer =
                type.builder(network).microBatchSize(1).parallelism(workers).build()) {
            trainer.fit(batches.get(0));
            network.setParams(network.params().mul(0.5));
            trainer.fit(batches.get(1));
            network.setParams(network.params().mul(2));
            trainer.fit(batches.get(2));
        }
        return network;
    }

    @EachNetworkClass
    <T extends Model> void moreWorkersThanMicroBatches(NetworkClass<T> type) {
        T one = type.init(Nets.mlp());
        T many = type.init(Nets.mlp());
        DataSet batch = Batches.mlp().get(0);
        DataSet oneExample = Batches.mlp().get(5);
        accumulate(type, one, 3, 1, batch, oneExample);
        accumulate(type, many, 3, 16, batch, oneExample);
        assertSame(many, one, 0);
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
        return Nets.settings()
                .list()
                .layer(lstm(4))
                .layer(rnnSoftmax(3))
                .setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build();
    }
}
