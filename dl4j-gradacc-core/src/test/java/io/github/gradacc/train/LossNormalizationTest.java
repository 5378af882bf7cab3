/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * A window under each normalization equals native training on the window as one batch. DL4J divides by the number of
 * examples N and nothing else; so the reference has a learning rate of N / D where the trainer has 1, the divisor D
 * being counted here by hand. Or it is trained on the examples that count only.
 */
@ExtendWith(DoubleByDefault.class)
class LossNormalizationTest {

    private static final int STEPS = 6;

    /** Of each sequence: very uneven, so that means of micro-batches differ. */
    private static final int[] LENGTHS = {6, 1, 1, 5, 0, 2, 6, 3};

    private static final double TOKENS = 24;

    @EachNetworkClass
    <T extends Model> void theMeanOverTokens(NetworkClass<T> type) {
        DataSet whole = sequences();
        T reference = type.init(recurrent(new Sgd(8 / TOKENS)));
        type.fit(reference, whole);
        for (int workers = 1; workers <= 3; workers++) {
            T network = type.init(recurrent(new Sgd(1)));
            StepReport report = stepOn(type, network, LossNormalization.UNMASKED, workers, whole);
            assertSame(network, reference);
            Tolerance.assertClose("score", report.score(), reference.score() * 8 / TOKENS, Tolerance.DOUBLE);
            Tolerance.assertClose("score", network.score(), report.score(), 0);
        }
    }

    /** Several batches in a window: each was given away when the last one comes. */
    @EachNetworkClass
    <T extends Model> void aWindowOfSeveralBatches(NetworkClass<T> type) {
        DataSet whole = sequences();
        T reference = type.init(recurrent(new Sgd(8 / TOKENS)));
        type.fit(reference, whole);
        for (int workers = 1; workers <= 2; workers++) {
            T network = type.init(recurrent(new Sgd(1)));
            try (var trainer = type.builder(network)
                    .accumulationSteps(5)
                    .microBatchSize(2)
                    .parallelism(workers)
                    .lossNormalization(LossNormalization.UNMASKED)
                    .build()) {
                assertThat(trainer.accumulate(range(whole, 0, 3))).isEmpty();
                assertThat(trainer.accumulate(range(whole, 3, 4))).isEmpty();
                assertThat(trainer.accumulate(range(whole, 4, 8))).isEmpty();
                assertThat(trainer.flush()).isPresent();
            }
            assertSame(network, reference);
        }
    }

    /** Everything that comes after the division sees the normalized gradient, and regularization is not rescaled. */
    @EachNetworkClass
    <T extends Model> void clippingRegularizationAndUpdaterFollow(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        DataSet whole = data.dataSet(8, 3, 4);
        whole.setLabelsMaskArray(Nd4j.createFromArray(1d, 0, 0, 1, 0, 1, 0, 0).reshape(8, 1));
        DataSet counting = DataSet.merge(List.of(range(whole, 0, 1), range(whole, 3, 4), range(whole, 5, 6)));
        counting.setLabelsMaskArray(null);
        MultiLayerConfiguration configuration = Nets.of(
                Nets.settings()
                        .updater(new Adam(0.1))
                        .l2(0.05)
                        .l1(0.01)
                        .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                        .gradientNormalizationThreshold(0.3),
                InputType.feedForward(4),
                dense(6),
                softmax(3));
        T reference = type.init(configuration.clone());
        T network = type.init(configuration.clone());
        for (int step = 0; step < 3; step++) {
            type.fit(reference, counting);
            StepReport report = stepOn(type, network, LossNormalization.UNMASKED, 1, whole);
            Tolerance.assertClose("score", report.score(), reference.score(), Tolerance.DOUBLE);
        }
        assertSame(network, reference);
        Tolerance.assertClose("updater", type.updaterState(network), type.updaterState(reference), Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void ignoredLabelsDoNotCount(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        DataSet whole = new DataSet(
                data.normal(8, 4),
                Nd4j.createFromArray(2d, -1, -1, 0, -1, 1, -1, -1).reshape(8, 1));
        DataSet counting = DataSet.merge(List.of(range(whole, 0, 1), range(whole, 3, 4), range(whole, 5, 6)));
        MultiLayerConfiguration configuration = Nets.of(
                InputType.feedForward(4),
                dense(6),
                new OutputLayer.Builder(new LossCrossEntropy().withIgnoreIndex(-1))
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build());
        T reference = type.init(configuration.clone());
        T network = type.init(configuration.clone());
        type.fit(reference, counting);
        StepReport report = stepOn(type, network, LossNormalization.LABEL_WEIGHTS, 2, whole);
        Tolerance.assertClose("score", report.score(), reference.score(), Tolerance.DOUBLE);
        assertSame(network, reference);
    }

    /** Weighted classes in sequences with masks, of DL4J's own loss: 6 tokens of class 0, and so on. */
    @EachNetworkClass
    <T extends Model> void classWeightsOfMaskedSequences(NetworkClass<T> type) {
        DataSet whole = sequences();
        double[] weights = {1, 4, 0.5};
        double divisor = 0;
        for (int i = 0; i < 8; i++) {
            for (int t = 0; t < LENGTHS[i]; t++) {
                for (int c = 0; c < 3; c++) {
                    divisor += weights[c] * whole.getLabels().getDouble(i, c, t);
                }
            }
        }
        assertDividedBy(
                divisor,
                type,
                whole,
                LossNormalization.LABEL_WEIGHTS,
                updater -> Nets.of(
                        Nets.settings().updater(updater),
                        InputType.recurrent(3),
                        lstm(4),
                        new RnnOutputLayer.Builder(new LossMCXENT(Nd4j.createFromArray(weights)))
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build()));
    }

    /** 36 of 8 x 12 outputs count: 3 of 12 in one half of the examples, 6 in the other; a position has 12. */
    @EachNetworkClass
    <T extends Model> void masksOfSingleOutputs(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, 8, 12);
        for (int i = 0; i < 8; i++) {
            for (int output = 0; output < (i < 4 ? 3 : 6); output++) {
                mask.putScalar(i, output, 1);
            }
        }
        DataSet whole = new DataSet(data.normal(8, 4), data.normal(8, 12), null, mask);
        assertDividedBy(
                36.0 / 12,
                type,
                whole,
                LossNormalization.UNMASKED,
                updater -> Nets.of(
                        Nets.settings().updater(updater),
                        InputType.feedForward(4),
                        dense(6),
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nOut(12)
                                .activation(Activation.IDENTITY)
                                .build()));
    }

    /** Pixels: 2 examples of 3 x 4, of which 12 and 5 count. */
    @EachNetworkClass
    <T extends Model> void masksOfPixels(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 2, 1, 3, 4);
        for (int pixel = 0; pixel < 7; pixel++) {
            mask.putScalar(new int[] {1, 0, pixel / 4, pixel % 4}, 0);
        }
        DataSet whole = new DataSet(data.normal(2, 2, 3, 4), data.unit(2, 2, 3, 4), null, mask);
        assertDividedBy(
                17,
                type,
                whole,
                LossNormalization.UNMASKED,
                updater -> Nets.of(
                        Nets.settings().updater(updater),
                        InputType.convolutional(3, 4, 2),
                        new ConvolutionLayer.Builder(1, 1).nOut(2).build(),
                        new CnnLossLayer.Builder(LossFunction.XENT)
                                .activation(Activation.SIGMOID)
                                .build()));
    }

    /** Values last: 2 sequences of 5 steps, of which 5 and 1 count, and volumes of 8 points, of which 8 and 3 do. */
    @EachNetworkClass
    <T extends Model> void labelsWithTheirValuesLast(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray steps = Nd4j.zeros(DataType.DOUBLE, 2, 5);
        steps.getRow(0).assign(1);
        steps.putScalar(1, 3, 1);
        INDArray classes = data.oneHotSequences(2, 4, 5).permute(0, 2, 1).dup('c');
        double[] weights = {1, 4, 0.5, 2};
        double weight = 0;
        for (int c = 0; c < 4; c++) {
            for (int t = 0; t < 5; t++) {
                weight += weights[c] * (classes.getDouble(0, t, c) + (t == 3 ? classes.getDouble(1, t, c) : 0));
            }
        }
        assertDividedBy(
                weight,
                type,
                new DataSet(data.normal(2, 5, 3), classes, null, steps),
                LossNormalization.LABEL_WEIGHTS,
                updater -> Nets.of(
                        Nets.settings().updater(updater),
                        InputType.recurrent(3, 5, RNNFormat.NWC),
                        new SimpleRnn.Builder()
                                .nOut(4)
                                .dataFormat(RNNFormat.NWC)
                                .build(),
                        new RnnOutputLayer.Builder(new LossMCXENT(Nd4j.createFromArray(weights)))
                                .nOut(4)
                                .dataFormat(RNNFormat.NWC)
                                .activation(Activation.SOFTMAX)
                                .build()));
        INDArray points = Nd4j.ones(DataType.DOUBLE, 2, 2, 2, 2, 1);
        for (int i = 0; i < 5; i++) {
            points.putScalar(new int[] {1, i / 4, i / 2 % 2, i % 2, 0}, 0);
        }
        assertDividedBy(
                11,
                type,
                new DataSet(data.normal(2, 2, 2, 2, 3), data.unit(2, 2, 2, 2, 4), null, points),
                LossNormalization.UNMASKED,
                updater -> Nets.of(
                        Nets.settings().updater(updater),
                        InputType.convolutional3D(Convolution3D.DataFormat.NDHWC, 2, 2, 2, 3),
                        new Convolution3D.Builder(1, 1, 1)
                                .dataFormat(Convolution3D.DataFormat.NDHWC)
                                .nOut(4)
                                .build(),
                        new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NDHWC)
                                .lossFunction(LossFunction.XENT)
                                .activation(Activation.SIGMOID)
                                .build()));
    }

    /** A learning rate per step: each time segment has its own number of tokens, 10 and 5 and none and 2. */
    @EachNetworkClass
    <T extends Model> void eachTimeSegmentHasItsOwnDivisor(NetworkClass<T> type) {
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, 8, 8);
        int[] tokens = {10, 5, 0, 2};
        for (int segment = 0; segment < 4; segment++) {
            for (int token = 0; token < tokens[segment]; token++) {
                mask.putScalar(token % 8, 2 * segment + token / 8, 1);
            }
        }
        Data data = new Data(5, DataType.DOUBLE);
        DataSet whole = new DataSet(data.normal(8, 3, 8), data.oneHotSequences(8, 3, 8), null, mask);
        Map<Integer, Double> rates = Map.of(0, 8.0 / 10, 1, 8.0 / 5, 2, 0.0, 3, 8.0 / 2);
        T reference = type.init(truncated(new Sgd(new MapSchedule(ScheduleType.ITERATION, rates))));
        type.fit(reference, whole);
        T network = type.init(truncated(new Sgd(1)));
        try (var lines = new LogLines("io.github.gradacc.train")) {
            StepReport report = stepOn(type, network, LossNormalization.UNMASKED, 2, whole);
            assertSame(network, reference);
            Tolerance.assertClose("score", report.score(), reference.score() * 8 / 2, Tolerance.DOUBLE);
            assertThat(report.stepped()).isTrue();
            // DL4J steps on a segment without labels, the trainer does not.
            assertThat(type.iterations(reference)).isEqualTo(4);
            assertThat(type.iterations(network)).isEqualTo(3);
            assertThat(report.iteration()).isEqualTo(2);
            assertThat(lines.warnings()).singleElement().asString().contains("No label counts");
        }
    }

    /** The last segments are padding: the report is that of the last step. */
    @EachNetworkClass
    <T extends Model> void aWindowThatEndsInPaddingReportsItsLastStep(NetworkClass<T> type) {
        DataSet whole = sequences();
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, 8, STEPS);
        mask.putColumn(0, Nd4j.ones(DataType.DOUBLE, 8));
        whole.setLabelsMaskArray(mask);
        T network = type.init(truncated(new Sgd(1)));
        StepReport report = stepOn(type, network, LossNormalization.UNMASKED, 1, whole);
        assertThat(report.stepped()).isTrue();
        assertThat(report.iteration()).isZero();
        assertThat(type.iterations(network)).isEqualTo(1);
    }

    /** Running statistics are no gradients. */
    @EachNetworkClass
    <T extends Model> void runningStatisticsAreNotScaled(NetworkClass<T> type) {
        DataSet whole = new Data(5, DataType.DOUBLE).dataSet(8, 3, 4);
        whole.setLabelsMaskArray(Nd4j.createFromArray(1d, 0, 0, 1, 0, 1, 0, 0).reshape(8, 1));
        INDArray statistics = runningStatistics(type, whole, LossNormalization.UNMASKED);
        assertThat(statistics).isEqualTo(runningStatistics(type, whole, LossNormalization.EXAMPLES));
        assertThat(statistics.getDouble(0)).isNotZero();
    }

    /** Behind gamma and beta, of 4 channels each. */
    private static <T extends Model> INDArray runningStatistics(
            NetworkClass<T> type, DataSet whole, LossNormalization by) {
        T network = type.init(Nets.of(
                Nets.settings().updater(new Sgd(0.01)),
                InputType.feedForward(4),
                new BatchNormalization.Builder().build(),
                softmax(3)));
        stepOn(type, network, by, 1, whole);
        INDArray all = network.params();
        return all.reshape(all.length()).get(NDArrayIndex.interval(8, 16)).dup();
    }

    /** Nothing masked: the number of positions is that of examples, and no bit changes. */
    @EachNetworkClass
    <T extends Model> void withoutMasksEveryBitIsAsBefore(NetworkClass<T> type) {
        DataSet whole = new Data(5, DataType.DOUBLE).dataSet(8, 3, 4);
        T natively = type.init(Nets.mlp());
        stepOn(type, natively, LossNormalization.EXAMPLES, 1, whole);
        for (LossNormalization by : LossNormalization.values()) {
            T network = type.init(Nets.mlp());
            stepOn(type, network, by, 1, whole);
            assertThat(network.params()).isEqualTo(natively.params());
        }
    }

    @EachNetworkClass
    <T extends Model> void whereNothingCountsNoStepIsTaken(NetworkClass<T> type) {
        DataSet nothing = sequences();
        nothing.setLabelsMaskArray(Nd4j.zeros(DataType.DOUBLE, 8, STEPS));
        T network = type.init(recurrent(new Adam(0.1)));
        type.fit(network, sequences());
        Snapshot before = Snapshot.of(network);
        try (var lines = new LogLines("io.github.gradacc.train")) {
            StepReport report = stepOn(type, network, LossNormalization.UNMASKED, 2, nothing);
            before.assertUnchanged(network);
            assertThat(report.stepped()).isFalse();
            assertThat(report.score()).isNaN();
            assertThat(report.examples()).isEqualTo(8);
            assertThat(lines.warnings())
                    .singleElement()
                    .asString()
                    .contains("No label counts in a window of 8 examples")
                    .contains("step 1 is not taken");
        }
    }

    /** The window after it is one like any other. */
    @EachNetworkClass
    <T extends Model> void trainingGoesOnAfterAWindowInWhichNothingCounts(NetworkClass<T> type) {
        DataSet nothing = sequences();
        nothing.setLabelsMaskArray(Nd4j.zeros(DataType.DOUBLE, 8, STEPS));
        T reference = type.init(recurrent(new Adam(0.1)));
        T network = type.init(recurrent(new Adam(0.1)));
        ShownExamples shown = new ShownExamples();
        type.listeners(network).add(shown);
        List<StepReport> asked = new ArrayList<>();
        try (var trainer = trainer(type, network, LossNormalization.UNMASKED, 1);
                var natively = trainer(type, reference, LossNormalization.UNMASKED, 1)) {
            trainer.fitUntil(iterator(sequences(), nothing, sequences()), report -> !asked.add(report));
            natively.fit(iterator(sequences(), sequences()));
        }
        assertThat(network.params()).isEqualTo(reference.params());
        assertThat(asked).hasSize(2).allMatch(StepReport::stepped);
        assertThat(shown.examples).containsExactly(8L, 8L);
    }

    /** How many examples the activations have that each step shows. */
    private static final class ShownExamples extends BaseTrainingListener {

        private final List<Long> examples = new ArrayList<>();

        @Override
        public void onForwardPass(Model model, List<INDArray> activations) {
            examples.add(activations.get(0).size(0));
        }

        @Override
        public void onForwardPass(Model model, Map<String, INDArray> activations) {
            examples.add(activations.values().iterator().next().size(0));
        }
    }

    /** In HALF the sum over all tokens would be infinite; their mean is not. */
    @EachNetworkClass
    <T extends Model> void sumsThatLeaveHalfAreDividedBeforeTheyAreRounded(NetworkClass<T> type) {
        int examples = 40;
        int steps = 64;
        DataSet whole = new DataSet(
                Nd4j.ones(DataType.FLOAT16, examples, 1, steps).muli(64),
                Nd4j.ones(DataType.FLOAT16, examples, 1, steps).muli(-4));
        MultiLayerConfiguration configuration = Nets.of(
                Nets.settings().dataType(DataType.FLOAT16).updater(new Sgd(1e-3)),
                InputType.recurrent(1),
                new RnnOutputLayer.Builder(LossFunction.L1)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build());
        T network = type.init(configuration.clone());
        network.params().assign(0);
        assertThat(stepOn(type, network, LossNormalization.UNMASKED, 1, whole).score())
                .isEqualTo(4);
        // 40 x 64 tokens have the slope 64 for the weight and 1 for the bias.
        assertThat(network.params().toDoubleVector()).containsExactly(half(-0.064), half(-0.001));
        T summed = type.init(configuration.clone());
        assertThatThrownBy(() -> stepOn(type, summed, LossNormalization.EXAMPLES, 1, whole))
                .isInstanceOf(NonFiniteGradientException.class);
    }

    private static double half(double value) {
        return Nd4j.scalar(DataType.FLOAT16, value).getDouble(0);
    }

    private static <T extends Model> GradientAccumulationTrainer trainer(
            NetworkClass<T> type, T network, LossNormalization by, int workers) {
        return type.builder(network)
                .microBatchSize(3)
                .parallelism(workers)
                .lossNormalization(by)
                .build();
    }

    private static <T extends Model> StepReport stepOn(
            NetworkClass<T> type, T network, LossNormalization by, int workers, DataSet whole) {
        try (var trainer = trainer(type, network, by, workers)) {
            return trainer.fit(whole);
        }
    }

    private static <T extends Model> void assertDividedBy(
            double divisor,
            NetworkClass<T> type,
            DataSet whole,
            LossNormalization by,
            Function<IUpdater, MultiLayerConfiguration> configuration) {
        double factor = whole.numExamples() / divisor;
        T reference = type.init(configuration.apply(new Sgd(factor)));
        type.fit(reference, whole);
        T network = type.init(configuration.apply(new Sgd(1)));
        StepReport report = stepOn(type, network, by, 1, whole);
        assertSame(network, reference);
        Tolerance.assertClose("score", report.score(), reference.score() * factor, Tolerance.DOUBLE);
    }

    private static void assertSame(Model network, Model reference) {
        Tolerance.assertClose("parameters", network.params(), reference.params(), Tolerance.DOUBLE);
    }

    private static MultiLayerConfiguration recurrent(IUpdater updater) {
        return Nets.of(Nets.settings().updater(updater), InputType.recurrent(3), lstm(4), rnnSoftmax(3));
    }

    private static MultiLayerConfiguration truncated(IUpdater updater) {
        MultiLayerConfiguration configuration = recurrent(updater);
        configuration.setBackpropType(BackpropType.TruncatedBPTT);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        return configuration;
    }

    private static DataSet sequences() {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, LENGTHS.length, STEPS);
        for (int i = 0; i < LENGTHS.length; i++) {
            for (int t = 0; t < LENGTHS[i]; t++) {
                mask.putScalar(i, t, 1);
            }
        }
        return new DataSet(data.normal(8, 3, STEPS), data.oneHotSequences(8, 3, STEPS), null, mask);
    }

    private static DataSetIterator iterator(DataSet... batches) {
        return new ExistingDataSetIterator(List.of(batches));
    }

    private static DataSet range(DataSet data, int from, int to) {
        return (DataSet) data.getRange(from, to);
    }
}
