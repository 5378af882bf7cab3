/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.array.Slice;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * {@link NonFinitePolicy#SKIP_MICRO_BATCH}: against native training on the big batch without the bad examples and, to
 * the bit, against windows made of the good micro-batches.
 */
@ExtendWith(DoubleByDefault.class)
class SkippedMicroBatchTest {

    private static final int EXAMPLES = 8;
    private static final int STEPS = 4;

    /** Keeps what it is told. */
    private static final class Told extends BaseTrainingListener implements WindowListener {
        private final List<WindowNorms> windows = new ArrayList<>();
        private final List<SkippedWindow> skipped = new ArrayList<>();

        @Override
        public void onWindow(Model model, WindowNorms norms) {
            windows.add(norms);
        }

        @Override
        public void onSkipped(Model model, SkippedWindow window) {
            skipped.add(window);
        }
    }

    private static DataSet rows(DataSet batch, int from, int to) {
        return new DataSet(
                Slice.of(batch.getFeatures(), 0, from, to).dup(),
                Slice.of(batch.getLabels(), 0, from, to).dup());
    }

    private static void poison(DataSet batch, int row) {
        batch.getFeatures().putScalar(row, 1, Double.NaN);
    }

    /** Micro-batches of two: 2+2, 2+1, 2+2+1 | 2+2, 2+2, 1 | 2+2+1, 2+1. */
    private static List<DataSet> poisoned() {
        List<DataSet> batches = Batches.mlp();
        poison(batches.get(0), 3);
        poison(batches.get(2), 4);
        poison(batches.get(4), 0);
        poison(batches.get(5), 0);
        poison(batches.get(6), 1);
        poison(batches.get(6), 4);
        return batches;
    }

    private static List<DataSet> goodWindows() {
        List<DataSet> all = Batches.mlp();
        return List.of(
                join(rows(all.get(0), 0, 2), all.get(1), rows(all.get(2), 0, 4)),
                join(all.get(3), rows(all.get(4), 2, 4)),
                join(rows(all.get(6), 2, 4), all.get(7)));
    }

    private static DataSet join(DataSet... parts) {
        return Data.windows(List.of(parts), parts.length).get(0);
    }

    /** Parameters, updater, score, counters, and all that listeners see: data, activations, gradients. */
    @EachNetworkClass
    <T extends Model> void isTheBigBatchWithoutThem(NetworkClass<T> type) {
        T reference = type.init(Nets.mlp());
        EventLog expected = new EventLog();
        reference.setListeners(expected);
        type.fit(reference, iterate(goodWindows()), 1);
        T one = null;
        for (int workers = 1; workers <= 3; workers++) {
            T network = type.init(Nets.mlp());
            EventLog events = new EventLog();
            network.setListeners(events);
            try (var trainer = type.builder(network)
                    .accumulationSteps(3)
                    .microBatchSize(2)
                    .parallelism(workers)
                    .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                    .build()) {
                trainer.fit(iterate(poisoned()));
            }
            ExactnessCase.assertSame(network, reference, Tolerance.DOUBLE);
            events.assertSameAs(expected, Tolerance.DOUBLE);
            if (workers == 2) {
                one = network;
            } else if (workers == 3) {
                assertThat(network.params()).isEqualTo(one.params());
                assertThat(Arrays.equals(
                                network.params().toDoubleVector(), one.params().toDoubleVector()))
                        .isTrue();
            }
        }
    }

    @Test
    void reportAndListenersAreToldWhatWasLeftOut() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        Told told = new Told();
        network.setListeners(told);
        List<StepReport> reports = new ArrayList<>();
        try (var lines = new LogLines("io.github.gradacc.train");
                var trainer = GradientAccumulationTrainer.builder(network)
                        .accumulationSteps(3)
                        .microBatchSize(2)
                        .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                        .build()) {
            for (DataSet batch : poisoned()) {
                trainer.accumulate(batch).ifPresent(reports::add);
            }
            trainer.flush().ifPresent(reports::add);
            // The first, the second, but not the third.
            assertThat(lines.warnings()).hasSize(2).first().asString().contains("micro-batch 1 ");
        }
        assertThat(reports).extracting(StepReport::microBatches).containsExactly(5, 3, 3);
        assertThat(reports).extracting(StepReport::examples).containsExactly(9L, 6L, 5L);
        assertThat(reports).extracting(StepReport::skippedMicroBatches).containsExactly(2, 2, 2);
        assertThat(reports).extracting(StepReport::skippedExamples).containsExactly(3L, 3L, 3L);
        assertThat(told.skipped).hasSize(3).allMatch(each -> !each.dropped());
        assertThat(told.skipped).extracting(SkippedWindow::iteration).containsExactly(0, 1, 2);
        assertThat(told.skipped).extracting(SkippedWindow::examples).containsExactly(3L, 3L, 3L);
        assertThat(told.windows).extracting(each -> each.microBatches().size()).containsExactly(5, 3, 3);
        assertThat(told.windows)
                .flatExtracting(WindowNorms::microBatches)
                .extracting(WindowNorms.MicroBatch::norm)
                .allMatch(Double::isFinite);
    }

    /**
     * A window of four micro-batches of two examples, the second and the last of them bad.
     *
     * @param network makes it
     * @param data the eight examples, none of them bad
     */
    private record Case(
            String name,
            Supplier<Model> network,
            Supplier<MultiDataSet> data,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        UnaryOperator<GradientAccumulationTrainer.Builder> none = settings -> settings;
        UnaryOperator<GradientAccumulationTrainer.Builder> unmasked =
                settings -> settings.lossNormalization(LossNormalization.UNMASKED);
        UnaryOperator<GradientAccumulationTrainer.Builder> weights =
                settings -> settings.lossNormalization(LossNormalization.LABEL_WEIGHTS);
        Supplier<Model> mlp = () -> Nets.init(Nets.mlp());
        Supplier<Model> summed = () -> Nets.init(Nets.mlp(settings -> settings.miniBatch(false)));
        return Stream.of(
                new Case("MLP", mlp, SkippedMicroBatchTest::flat, none),
                new Case("UNMASKED", mlp, SkippedMicroBatchTest::masked, unmasked),
                new Case("LABEL_WEIGHTS", mlp, SkippedMicroBatchTest::masked, weights),
                new Case("miniBatch(false)", summed, SkippedMicroBatchTest::flat, none),
                new Case("batch norm, pooled", SkippedMicroBatchTest::batchNorm, SkippedMicroBatchTest::flat, none),
                new Case(
                        "batch norm, sequential",
                        SkippedMicroBatchTest::batchNorm,
                        SkippedMicroBatchTest::flat,
                        settings -> settings.batchNormStatistics(BatchNormStatistics.SEQUENTIAL)),
                new Case("center loss", SkippedMicroBatchTest::centers, SkippedMicroBatchTest::flat, none),
                new Case(
                        "clipped",
                        mlp,
                        SkippedMicroBatchTest::flat,
                        settings -> settings.gradientTransforms(new ClipGlobalNorm(0.01))),
                new Case(
                        "two outputs, UNMASKED",
                        () -> graph(BackpropType.Standard),
                        SkippedMicroBatchTest::sequences,
                        unmasked),
                new Case(
                        "two outputs, TBPTT, UNMASKED",
                        () -> graph(BackpropType.TruncatedBPTT),
                        SkippedMicroBatchTest::sequences,
                        unmasked),
                new Case(
                        "two outputs, TBPTT",
                        () -> graph(BackpropType.TruncatedBPTT),
                        SkippedMicroBatchTest::sequences,
                        none));
    }

    private static Model batchNorm() {
        return Nets.init(
                Nets.of(InputType.feedForward(4), dense(5), new BatchNormalization.Builder().build(), softmax(3)));
    }

    private static Model centers() {
        return Nets.init(Nets.of(
                InputType.feedForward(4),
                dense(5),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .alpha(0.1)
                        .lambda(0.2)
                        .nOut(3)
                        .build()));
    }

    private static Model graph(BackpropType type) {
        ComputationGraphConfiguration configuration = Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.recurrent(3))
                .addLayer("lstm", lstm(4), "in")
                .addLayer("a", rnnSoftmax(3), "lstm")
                .addLayer("b", rnnSoftmax(2), "lstm")
                .setOutputs("a", "b")
                .build();
        configuration.setBackpropType(type);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        return NetworkClass.GRAPH.init(configuration);
    }

    private static MultiDataSet flat() {
        Data data = new Data(5, DataType.DOUBLE);
        return new MultiDataSet(data.normal(EXAMPLES, 4), data.oneHot(EXAMPLES, 3));
    }

    private static MultiDataSet masked() {
        MultiDataSet flat = flat();
        INDArray mask = Nd4j.createFromArray(1.0, 0, 1, 1, 1, 1, 0, 1).reshape(EXAMPLES, 1);
        return new MultiDataSet(flat.getFeatures(), flat.getLabels(), null, new INDArray[] {mask});
    }

    private static MultiDataSet sequences() {
        Data data = new Data(5, DataType.DOUBLE);
        return new MultiDataSet(
                new INDArray[] {data.normal(EXAMPLES, 3, STEPS)},
                new INDArray[] {data.oneHotSequences(EXAMPLES, 3, STEPS), data.oneHotSequences(EXAMPLES, 2, STEPS)},
                null,
                new INDArray[] {data.mask(EXAMPLES, STEPS), data.mask(EXAMPLES, STEPS)});
    }

    @ParameterizedTest(name = "{0}", autoCloseArguments = false)
    @MethodSource("cases")
    void hasTheBitsOfTheGoodMicroBatches(Case each) {
        Model reference = each.network().get();
        EventLog expectedEvents = new EventLog();
        reference.setListeners(expectedEvents);
        StepReport expected;
        try (var trainer =
                each.settings().apply(builder(reference).accumulationSteps(2)).build()) {
            trainer.accumulate(rows(each.data().get(), 0, 2));
            expected = trainer.accumulate(rows(each.data().get(), 4, 6)).orElseThrow();
        }
        for (int workers = 1; workers <= 2; workers++) {
            Model network = each.network().get();
            EventLog events = new EventLog();
            network.setListeners(events);
            MultiDataSet bad = each.data().get();
            for (int row : new int[] {2, 7}) {
                Slice.of(bad.getFeatures(0), 0, row, row + 1).assign(Double.NaN);
            }
            StepReport report;
            try (var trainer = each.settings()
                    .apply(builder(network)
                            .microBatchSize(2)
                            .parallelism(workers)
                            .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH))
                    .build()) {
                report = trainer.fit(bad);
            }
            // One worker may use several native threads, whose sums have other bits.
            double tolerance = workers == 1 ? 0 : Tolerance.DOUBLE;
            Tolerance.assertClose("parameters", network.params(), reference.params(), tolerance);
            Tolerance.assertClose(
                    "updater state",
                    ((NeuralNetwork) network).updaterState(),
                    ((NeuralNetwork) reference).updaterState(),
                    tolerance);
            Tolerance.assertClose("score", report.score(), expected.score(), tolerance);
            events.assertSameAs(expectedEvents, tolerance);
            assertThat(report.examples()).isEqualTo(4);
            assertThat(report.skippedMicroBatches()).isEqualTo(2);
            assertThat(report.iteration()).isEqualTo(expected.iteration());
        }
    }

    private static GradientAccumulationTrainer.Builder builder(Model network) {
        return network instanceof ComputationGraph graph
                ? GradientAccumulationTrainer.builder(graph)
                : GradientAccumulationTrainer.builder((MultiLayerNetwork) network);
    }

    private static MultiDataSet rows(MultiDataSet all, int from, int to) {
        return new MultiDataSet(
                rows(all.getFeatures(), from, to),
                rows(all.getLabels(), from, to),
                null,
                Optional.ofNullable(all.getLabelsMaskArrays())
                        .map(masks -> rows(masks, from, to))
                        .orElse(null));
    }

    private static INDArray[] rows(INDArray[] arrays, int from, int to) {
        return Arrays.stream(arrays)
                .map(array -> Slice.of(array, 0, from, to).dup())
                .toArray(INDArray[]::new);
    }

    /**
     * From the segment on in which they went bad: the reference masks them from there on natively, where they still
     * count as examples, and has a learning rate that makes up for that.
     */
    @EachNetworkClass
    <T extends Model> void sequencesThatGoBadAreLeftOutFromThereOn(NetworkClass<T> type) {
        int steps = 6;
        Data data = new Data(8, DataType.DOUBLE);
        INDArray features = data.normal(4, 3, steps);
        INDArray labels = data.oneHotSequences(4, 3, steps);
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 4, steps);
        for (int example = 2; example < 4; example++) {
            for (int t = 2; t < steps; t++) {
                mask.putScalar(example, t, 0);
            }
        }
        T reference = type.init(recurrent(new Sgd(new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.1, 1, 0.2)))));
        type.fit(reference, new DataSet(features.dup(), labels.dup(), mask, mask.dup()));
        INDArray bad = features.dup();
        bad.putScalar(new int[] {3, 1, 3}, Double.NaN);
        T network = type.init(recurrent(new Sgd(0.1)));
        StepReport report;
        try (var trainer = type.builder(network)
                .microBatchSize(2)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .build()) {
            report = trainer.fit(new DataSet(bad, labels));
        }
        Tolerance.assertClose("parameters", network.params(), reference.params(), Tolerance.DOUBLE);
        assertThat(type.iterations(network)).isEqualTo(3);
        assertThat(report.iteration()).isEqualTo(2);
        assertThat(report.examples()).isEqualTo(2);
        assertThat(report.skippedExamples()).isEqualTo(2);
    }

    private static MultiLayerConfiguration recurrent(Sgd updater) {
        NeuralNetConfiguration.Builder settings = Nets.settings().updater(updater);
        MultiLayerConfiguration configuration = Nets.of(settings, InputType.recurrent(3), lstm(4), rnnSoftmax(3));
        configuration.setBackpropType(BackpropType.TruncatedBPTT);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        return configuration;
    }

    /** Sequences that have ended are no gradient: with nothing but them left, the segment is dropped. */
    @Test
    void whereOnlyEndedSequencesAreLeftTheSegmentIsDropped() {
        MultiLayerNetwork network = Nets.init(recurrent(new Sgd(0.1)));
        Data data = new Data(8, DataType.DOUBLE);
        DataSet shorter = new DataSet(data.normal(2, 3, 2), data.oneHotSequences(2, 3, 2));
        DataSet bad = new DataSet(data.normal(2, 3, 6), data.oneHotSequences(2, 3, 6));
        bad.getFeatures().putScalar(new int[] {0, 0, 2}, Double.NaN);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(2)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .build()) {
            trainer.accumulate(shorter);
            StepReport report = trainer.accumulate(bad).orElseThrow();
            assertThat(report.stepped()).as("on the first segment").isTrue();
            assertThat(report.skippedMicroBatches()).isEqualTo(2);
        }
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    @EachNetworkClass
    <T extends Model> void ifNothingIsLeftTheWindowIsDropped(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        Told told = new Told();
        network.setListeners(told);
        type.fit(network, Batches.mlp().get(0));
        Snapshot before = Snapshot.of(network);
        DataSet bad = Batches.mlp().get(0);
        bad.getFeatures().assign(Double.NaN);
        try (var trainer = type.builder(network)
                .microBatchSize(2)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .build()) {
            StepReport report = trainer.fit(bad);
            assertThat(report.stepped()).isFalse();
            assertThat(report.microBatches()).isZero();
            assertThat(report.skippedMicroBatches()).isEqualTo(2);
            assertThat(report.skippedExamples()).isEqualTo(4);
            assertThat(report.score()).isNaN();
            before.assertUnchanged(network);
            assertThat(told.skipped).singleElement().matches(SkippedWindow::dropped);
            assertThat(trainer.fit(Batches.mlp().get(1)).stepped()).isTrue();
        }
    }
}
