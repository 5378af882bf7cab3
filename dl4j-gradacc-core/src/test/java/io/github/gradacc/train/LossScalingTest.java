/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Gradients that are scaled on their way. */
@ExtendWith(DoubleByDefault.class)
class LossScalingTest {

    private static final double POWER_OF_TWO = 0x1p20;
    private static final int STEPS = 40;

    /** What is scaled by a power of two and back keeps every bit. */
    private record Exact(String name, MultiLayerConfiguration network, DataSet data, LossNormalization by) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Exact> exact() {
        return Stream.of(DataType.FLOAT, DataType.DOUBLE).flatMap(type -> {
            Data data = new Data(6, type);
            var dense = Nets.of(
                    type,
                    InputType.feedForward(4),
                    dense(6),
                    new BatchNormalization.Builder().build(),
                    dense(5),
                    softmax(3));
            var recurrent = Nets.of(type, InputType.recurrent(3), lstm(4), rnnSoftmax(3));
            recurrent.setBackpropType(BackpropType.TruncatedBPTT);
            recurrent.setTbpttFwdLength(2);
            recurrent.setTbpttBackLength(2);
            DataSet flat = data.dataSet(7, 3, 4);
            DataSet sequences = new DataSet(data.normal(7, 3, 5), data.oneHotSequences(7, 3, 5));
            sequences.setLabelsMaskArray(data.mask(7, 5));
            return Stream.of(
                    new Exact(type + " dense", dense, flat, LossNormalization.EXAMPLES),
                    new Exact(type + " LSTM, TBPTT, UNMASKED", recurrent, sequences, LossNormalization.UNMASKED));
        });
    }

    @Test
    void aPowerOfTwoChangesNoBitOfADenseNetwork() {
        assertSameBits(NetworkClass.LAYERS, exact().findFirst().orElseThrow(), 3);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("exact")
    void aPowerOfTwoChangesNoBit(Exact each) {
        NetworkClass.all().forEach(type -> assertSameBits(type, each, 3));
        // A single pass is summed in place.
        NetworkClass.all().forEach(type -> assertSameBits(type, each, 7));
    }

    private static <T extends Model> void assertSameBits(NetworkClass<T> type, Exact each, int size) {
        T plain = type.init(each.network().clone());
        T scaled = type.init(each.network().clone());
        List<EventLog> events = List.of(new EventLog(), new EventLog());
        List<WindowNorms> plainNorms = new ArrayList<>();
        List<WindowNorms> scaledNorms = new ArrayList<>();
        plain.setListeners(events.get(0), into(plainNorms));
        scaled.setListeners(events.get(1), into(scaledNorms));
        List<StepReport> reports = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (var trainer = type.builder(i == 0 ? plain : scaled)
                    .microBatchSize(size)
                    .lossNormalization(each.by())
                    .gradientTransforms(new ClipGlobalNorm(0.1))
                    .lossScaling(i == 0 ? LossScaling.none() : LossScaling.constant(POWER_OF_TWO))
                    .build()) {
                for (int step = 0; step < 3; step++) {
                    reports.add(trainer.fit(each.data().copy()));
                }
            }
        }
        assertThat(bits(scaled.params())).isEqualTo(bits(plain.params()));
        assertThat(bits(type.updaterState(scaled))).isEqualTo(bits(type.updaterState(plain)));
        events.get(1).assertSameAs(events.get(0), 0);
        assertThat(scaledNorms).isNotEmpty().isEqualTo(plainNorms);
        for (int step = 0; step < 3; step++) {
            StepReport without = reports.get(step);
            StepReport with = reports.get(step + 3);
            assertThat(with.score()).isEqualTo(without.score());
            assertThat(with.gradientNorm()).isEqualTo(without.gradientNorm());
            assertThat(without.lossScale()).isEqualTo(1);
            assertThat(with.lossScale()).isEqualTo(POWER_OF_TWO);
        }
    }

    private static TrainingListener into(List<WindowNorms> norms) {
        class Norms extends BaseTrainingListener implements WindowListener {
            @Override
            public void onWindow(Model model, WindowNorms window) {
                norms.add(window);
            }
        }
        return new Norms();
    }

    private static double[] bits(INDArray array) {
        return array.reshape('c', false, array.length()).toDoubleVector();
    }

    /** The factor of a leaky ReLU, on whose flat side all examples are. */
    private static final double LEAK = 0x1p-20;

    /**
     * In HALF numbers below 3e-8 are 0. The error that comes back through the leak is 2 * 0.01 * 1e-6, so each gradient
     * is 0 whatever the features are, and the network stands still to the last bit. Scaled it is 1e-3, and times
     * features of 1000 it is a gradient.
     */
    @EachNetworkClass
    <T extends Model> void aHalfNetworkThatStandsStillLearns(NetworkClass<T> type) {
        DataSet data = new DataSet(half(1000, 4, 16), half(-0.01, 4, 1));
        INDArray start = half(-0x1p-10, 16);
        T still = with(type, leaking(), start);
        T learning = with(type, leaking(), start);
        assertThat(squaredErrorOfLeaking(learning)).isCloseTo(1e-4, within(1e-6));

        assertThat(train(type, still, LossScaling.none(), data)).allMatch(StepReport::stepped);
        assertThat(bits(still.params())).isEqualTo(bits(start));
        train(type, learning, LossScaling.dynamic(), data);
        // 1 % of the output: below that the gradient, too, is one of the smallest numbers.
        assertThat(squaredErrorOfLeaking(learning)).isLessThan(1e-8);
    }

    private static MultiLayerConfiguration leaking() {
        return Nets.of(
                Nets.settings().dataType(DataType.FLOAT16).updater(new Sgd(16384)),
                InputType.feedForward(16),
                new DenseLayer.Builder()
                        .nOut(1)
                        .hasBias(false)
                        .activation(new ActivationLReLU(LEAK))
                        .build(),
                new LossLayer.Builder(LossFunction.MSE)
                        .activation(Activation.IDENTITY)
                        .build());
    }

    private static double squaredErrorOfLeaking(Model network) {
        double sum = DoubleStream.of(bits(network.params())).sum();
        return Math.pow(LEAK * 1000 * sum + 0.01, 2);
    }

    /**
     * A large error comes back through a large weight: 2 * 100 * 512 is infinite in HALF, though times features of
     * 1/256 it is a gradient of 400. Natively the parameters are infinite after one step, and NaN after two. At a scale
     * of 1/2 nothing overflows.
     */
    @EachNetworkClass
    <T extends Model> void aHalfNetworkThatDiesLearns(NetworkClass<T> type) {
        DataSet data = new DataSet(half(0x1p-8, 4, 4), half(100, 4, 1));
        INDArray start = Nd4j.createFromArray(0.0, 0, 0, 0, 512).castTo(DataType.FLOAT16);
        T natively = with(type, steep(), start);
        T refused = with(type, steep(), start);
        T learning = with(type, steep(), start);
        assertThat(squaredErrorOfSteep(learning)).isEqualTo(10_000);

        type.fit(natively, data);
        type.fit(natively, data);
        assertThat(bits(natively.params())).contains(Double.NaN);
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> train(type, refused, LossScaling.none(), data));
        List<StepReport> reports = train(type, learning, LossScaling.dynamic(), data);
        assertThat(reports)
                .filteredOn(step -> !step.stepped())
                .as("from 2^16 to 2^-1")
                .hasSize(17);
        assertThat(reports.get(STEPS - 1).lossScale()).isEqualTo(0.5);
        // Numbers of HALF near 100 are 1/16 apart.
        assertThat(squaredErrorOfSteep(learning)).isLessThan(0.1);
    }

    private static MultiLayerConfiguration steep() {
        return Nets.of(
                Nets.settings()
                        .dataType(DataType.FLOAT16)
                        .updater(new Sgd(0x1p-6))
                        .activation(Activation.IDENTITY),
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(1).hasBias(false).build(),
                new OutputLayer.Builder(LossFunction.MSE)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .hasBias(false)
                        .build());
    }

    private static double squaredErrorOfSteep(Model network) {
        double[] weights = bits(network.params());
        double below = weights[0] + weights[1] + weights[2] + weights[3];
        return Math.pow(weights[4] * below / 256 - 100, 2);
    }

    private static INDArray half(double value, long... shape) {
        return Nd4j.valueArrayOf(shape, value, DataType.FLOAT16);
    }

    private static <T extends Model> T with(NetworkClass<T> type, MultiLayerConfiguration layers, INDArray parameters) {
        T network = type.init(layers);
        network.params().assign(parameters.reshape('c', false, network.params().shape()));
        return network;
    }

    private static <T extends Model> List<StepReport> train(
            NetworkClass<T> type, T network, LossScaling scaling, DataSet data) {
        try (var trainer =
                type.builder(network).microBatchSize(2).lossScaling(scaling).build()) {
            return IntStream.range(0, STEPS).mapToObj(i -> trainer.fit(data)).toList();
        }
    }

    /** A loss gradient of 1 in HALF overflows at 65536 and at nothing below; features are 1. */
    @Test
    void theScaleIsHalvedOnOverflowAndGrowsAfterGoodSteps() {
        MultiLayerNetwork network = broken(DataType.FLOAT16);
        Snapshot before = Snapshot.of(network);
        List<StepReport> reports;
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(1)
                .lossScaling(LossScaling.dynamic().withInitialScale(0x1p17).withGrowthInterval(3))
                .build()) {
            StepReport first = trainer.fit(ones(DataType.FLOAT16, 1));
            before.assertUnchanged(network);
            assertThat(first.stepped()).isFalse();
            assertThat(first.skippedMicroBatches()).isEqualTo(2);
            reports = IntStream.range(0, 10)
                    .mapToObj(i -> trainer.fit(ones(DataType.FLOAT16, 1)))
                    .toList();
        }
        assertThat(reports)
                .extracting(StepReport::lossScale)
                .containsExactly(0x1p16, 0x1p15, 0x1p15, 0x1p15, 0x1p16, 0x1p15, 0x1p15, 0x1p15, 0x1p16, 0x1p15);
        assertThat(reports)
                .extracting(StepReport::stepped)
                .containsExactly(false, true, true, true, false, true, true, true, false, true);
        assertThat(network.getIterationCount()).isEqualTo(7);
    }

    /** Overflows are no failures under any policy; data that is NaN is one under REFUSE, and the scale stays. */
    @Test
    void badDataIsNotTakenForAnOverflow() {
        for (NonFinitePolicy policy : NonFinitePolicy.values()) {
            MultiLayerNetwork network = Nets.init(Nets.mlp());
            DataSet bad = new Data(1, DataType.DOUBLE).dataSet(4, 3, 4);
            bad.getFeatures().putScalar(0, 0, Double.NaN);
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(2)
                    .nonFinite(policy)
                    .lossScaling(LossScaling.dynamic())
                    .build()) {
                if (policy == NonFinitePolicy.REFUSE) {
                    assertThatExceptionOfType(NonFiniteGradientException.class).isThrownBy(() -> trainer.fit(bad));
                } else {
                    StepReport report = trainer.fit(bad);
                    assertThat(report.stepped()).isEqualTo(policy == NonFinitePolicy.SKIP_MICRO_BATCH);
                    assertThat(report.skippedExamples()).isEqualTo(report.stepped() ? 2 : 4);
                }
                StepReport next = trainer.fit(new Data(2, DataType.DOUBLE).dataSet(4, 3, 4));
                assertThat(next.lossScale()).isEqualTo(65536);
                assertThat(next.stepped()).isTrue();
            }
        }
    }

    /** A micro-batch that overflows costs its step, and is not left out of it. */
    @Test
    void anOverflowSkipsTheStepAlsoWhereMicroBatchesAreSkipped() {
        MultiLayerNetwork network = broken(DataType.FLOAT16);
        DataSet data = ones(DataType.FLOAT16, 1);
        data.getLabels().putScalar(1, 0, 16);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(1)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .lossScaling(LossScaling.dynamic().withInitialScale(0x1p13))
                .build()) {
            for (int scale = 13; scale > 11; scale--) {
                StepReport report = trainer.fit(data);
                assertThat(report.lossScale()).isEqualTo(Math.scalb(1.0, scale));
                assertThat(report.stepped()).isFalse();
                assertThat(report.skippedMicroBatches()).isEqualTo(2);
            }
            StepReport report = trainer.fit(data);
            assertThat(report.stepped()).isTrue();
            assertThat(report.skippedMicroBatches()).isZero();
        }
    }

    /** The forward pass was fine, and with it the state in which the next segment begins. */
    @Test
    void anOverflowInOneTimeSegmentSkipsThatSegmentAlone() {
        MultiLayerConfiguration configuration = Nets.of(
                Nets.settings().dataType(DataType.FLOAT).updater(new Sgd(1e-3)),
                InputType.recurrent(2),
                lstm(2),
                new RnnOutputLayer.Builder(new BrokenGradient())
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build());
        configuration.setBackpropType(BackpropType.TruncatedBPTT);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        MultiLayerNetwork network = Nets.init(configuration);
        INDArray labels = Nd4j.ones(DataType.FLOAT, 2, 1, 6);
        labels.putScalar(new int[] {0, 0, 2}, Float.POSITIVE_INFINITY);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .lossScaling(LossScaling.dynamic())
                .build()) {
            StepReport report = trainer.fit(new DataSet(new Data(1, DataType.FLOAT).normal(2, 2, 6), labels));
            assertThat(report.stepped()).isTrue();
            assertThat(report.iteration()).isEqualTo(1);
            assertThat(report.lossScale()).isEqualTo(32768);
            assertThat(report.skippedExamples()).isEqualTo(2);
        }
        assertThat(network.getIterationCount()).isEqualTo(2);
    }

    /** Not for ever: what is infinite at every scale is a failure in the end. */
    @Test
    void aGradientThatIsAlwaysInfiniteIsRefusedInTheEnd() {
        MultiLayerNetwork network = broken(DataType.FLOAT);
        DataSet data = ones(DataType.FLOAT, Float.POSITIVE_INFINITY);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .lossScaling(LossScaling.dynamic())
                .build()) {
            for (int i = 16; i > -24; i--) {
                assertThat(trainer.fit(data).lossScale()).isEqualTo(Math.scalb(1.0, i));
            }
            assertThatExceptionOfType(NonFiniteGradientException.class).isThrownBy(() -> trainer.fit(data));
        }
    }

    /** A constant scale has nothing to search. */
    @Test
    void anOverflowByAConstantScaleIsForThePolicy() {
        try (var trainer = GradientAccumulationTrainer.builder(broken(DataType.FLOAT16))
                .lossScaling(LossScaling.constant(0x1p16))
                .build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.fit(ones(DataType.FLOAT16, 1)));
        }
    }

    /** The sum is 2e-8 in FLOAT, and 0 in the gradient array of a network in HALF. */
    @Test
    void whatIsLostInTheGradientArrayIsMeasured() {
        MultiLayerNetwork network = broken(DataType.FLOAT16);
        DataSet data = ones(DataType.FLOAT16, 1);
        data.getLabels().assign(6e-8);
        data.getFeatures().assign(0.125);
        try (var lines = new LogLines("io.github.gradacc.train");
                var trainer = GradientAccumulationTrainer.builder(network)
                        .lossScaling(LossScaling.constant(1024))
                        .build()) {
            trainer.fit(data);
            trainer.fit(data);
            assertThat(lines.warnings()).singleElement().asString().contains("% of the summed gradients");
        }
    }

    private static MultiLayerNetwork broken(DataType type) {
        return Nets.init(Nets.of(
                Nets.settings().dataType(type).updater(new Sgd(1e-3)),
                InputType.feedForward(2),
                new OutputLayer.Builder(new BrokenGradient())
                        .nOut(1)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build()));
    }

    private static DataSet ones(DataType type, double gradient) {
        return new DataSet(
                Nd4j.ones(type, 2, 2),
                Nd4j.valueArrayOf(new long[] {2, 1}, gradient).castTo(type));
    }

    @Test
    void lossesThatCannotBeScaledAreRefused() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                dense(5),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nOut(3)
                        .build()));
        assertThatIllegalStateException()
                .isThrownBy(() -> GradientAccumulationTrainer.builder(network)
                        .lossScaling(LossScaling.dynamic())
                        .build())
                .withMessageContaining("adds center loss")
                .withMessageContaining("leave out lossScaling");
    }

    @Test
    void badNumbers() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LossScaling.constant(0))
                .withMessageContaining("got 0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> LossScaling.constant(Double.NaN));
        assertThatIllegalArgumentException().isThrownBy(() -> LossScaling.constant(0x1p41));
        LossScaling dynamic = LossScaling.dynamic();
        assertThat(dynamic).isEqualTo(new LossScaling(true, 65536, 2, 0.5, 2000));
        assertThatIllegalArgumentException().isThrownBy(() -> dynamic.withGrowthFactor(1));
        assertThatIllegalArgumentException().isThrownBy(() -> dynamic.withBackoffFactor(1));
        assertThatIllegalArgumentException().isThrownBy(() -> dynamic.withGrowthInterval(0));
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.lossScaling(null));
    }
}
