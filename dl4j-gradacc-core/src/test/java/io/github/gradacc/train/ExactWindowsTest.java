/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;

/** However a window is cut, and by whichever method it is handed over, the step is that of the big batch. */
class ExactWindowsTest {

    private static final int WHOLE = Integer.MAX_VALUE;

    /** Eight batches of 1 to 5 examples: 8 is one window an epoch, 100 never fills. */
    static Stream<ExactnessCase> cuts() {
        return Stream.of(1, 2, 3, 4, 8, 100)
                .flatMap(k -> Stream.of(1, 3, 4, 5, 1000, WHOLE)
                        .map(b -> mlp("k = " + k + ", at most " + b, Batches.mlp())
                                .windows(k, b)));
    }

    static Stream<ExactnessCase> singleExamples() {
        Data data = new Data(5, DataType.DOUBLE);
        List<DataSet> singles =
                Batches.of(new int[] {1, 1, 1, 1, 1, 1, 1}, n -> new DataSet(data.normal(n, 4), data.oneHot(n, 3)));
        return Stream.of(
                mlp("steps of one", singles).windows(1, 1),
                mlp("steps of three", singles).windows(3, 1),
                mlp("one step", singles).windows(7, 4));
    }

    /** Windows of one micro-batch: the gradient is never copied, so not a bit may differ. */
    static Stream<ExactnessCase> unaccumulated() {
        return Stream.of(
                mlp("dense", Batches.mlp()),
                ExactnessCase.of(
                        "convolution",
                        () -> Nets.of(
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                softmax(3)),
                        () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 6, 6))),
                ExactnessCase.of(
                        "recurrent",
                        () -> Nets.of(InputType.recurrent(3, 5), lstm(4), rnnSoftmax(3)),
                        Batches::sequences),
                ExactnessCase.of(
                        "dense, FLOAT",
                        () -> Nets.mlp(settings -> settings.dataType(DataType.FLOAT)),
                        () -> Batches.classification(DataType.FLOAT, 3, data -> n -> data.normal(n, 4))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"cuts", "singleExamples"})
    void equalsNativeTraining(ExactnessCase testCase) {
        testCase.verify();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unaccumulated")
    void windowsOfOneMicroBatchEqualNativeTrainingBitForBit(ExactnessCase testCase) {
        testCase.windows(1, WHOLE).within(0).verify();
    }

    @Test
    void accumulationStepsAloneMakesBatchesMicroBatches() {
        var ours = train(builder -> builder.accumulationSteps(3), trainer -> trainer.fit(iterate(Batches.mlp())));
        assertEqualsNative(ours, Data.windows(Batches.mlp(), 3));
    }

    @Test
    void microBatchSizeAloneMakesBatchesWindows() {
        var ours = train(builder -> builder.microBatchSize(2), trainer -> trainer.fit(iterate(Batches.mlp())));
        assertEqualsNative(ours, Batches.mlp());
    }

    @Test
    void noSettingAtAllIsNativeTraining() {
        var ours = train(builder -> builder, trainer -> trainer.fit(iterate(Batches.mlp())));
        assertEqualsNative(ours, Batches.mlp());
    }

    @Test
    void withoutListenersTheStepsAreTheSame() {
        ExactnessCase testCase = mlp("", Batches.mlp());
        var withListeners = testCase.accumulated(LAYERS).network();
        var without = train(
                builder -> builder.accumulationSteps(3).microBatchSize(2),
                trainer -> trainer.fit(iterate(Batches.mlp()), testCase.epochs()));
        ExactnessCase.assertSame(without, withListeners, 0);
    }

    /** Every way to hand over the same windows; epochs are counted by those that see an end only. */
    static Stream<Consumer<GradientAccumulationTrainer>> ways() {
        return Stream.of(
                trainer -> trainer.fit(new MultiDataSetIteratorAdapter(iterate(Batches.mlp()))),
                trainer -> {
                    Batches.mlp().forEach(trainer::accumulate);
                    trainer.flush();
                },
                trainer -> {
                    Batches.mlp().forEach(batch -> trainer.accumulate(batch.toMultiDataSet()));
                    trainer.flush();
                });
    }

    @ParameterizedTest
    @MethodSource("ways")
    void allWaysToHandOverBatchesGiveTheSameBits(Consumer<GradientAccumulationTrainer> way) {
        UnaryOperator<GradientAccumulationTrainer.Builder> settings =
                builder -> builder.accumulationSteps(3).microBatchSize(2);
        assertSameSteps(train(settings, way), train(settings, trainer -> trainer.fit(iterate(Batches.mlp()))));
    }

    /** Every way to hand over one window. */
    static Stream<Consumer<GradientAccumulationTrainer>> waysOfWindows() {
        return Stream.of(
                trainer -> Batches.mlp().forEach(trainer::fit),
                trainer -> Batches.mlp().forEach(window -> trainer.fit(window.toMultiDataSet())),
                trainer -> Batches.mlp().forEach(window -> trainer.fit(window.getFeatures(), window.getLabels())),
                trainer -> Batches.mlp()
                        .forEach(window -> trainer.fit(window.getFeatures(), window.getLabels(), null, null)));
    }

    @ParameterizedTest
    @MethodSource("waysOfWindows")
    void allWaysToHandOverWindowsGiveTheSameBits(Consumer<GradientAccumulationTrainer> way) {
        UnaryOperator<GradientAccumulationTrainer.Builder> settings = builder -> builder.microBatchSize(2);
        assertSameSteps(train(settings, way), train(settings, trainer -> trainer.fit(iterate(Batches.mlp()))));
    }

    @Test
    void handWrittenLoopsEqualNativeOnes() {
        var ours = Nets.init(Nets.mlp());
        var reference = ours.clone();
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);
        Data.windows(Batches.mlp(), 3).forEach(reference::fit);
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            Batches.mlp().forEach(trainer::accumulate);
            trainer.flush();
        }
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
        ourEvents.assertSameAs(expectedEvents, Tolerance.DOUBLE);
    }

    private static ExactnessCase mlp(String name, List<DataSet> batches) {
        return ExactnessCase.of(name, Nets::mlp, () -> batches);
    }

    private static MultiLayerNetwork train(
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            Consumer<GradientAccumulationTrainer> training) {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        try (var trainer =
                settings.apply(GradientAccumulationTrainer.builder(network)).build()) {
            training.accept(trainer);
        }
        return network;
    }

    private static void assertEqualsNative(MultiLayerNetwork ours, List<DataSet> windows) {
        MultiLayerNetwork reference = Nets.init(Nets.mlp());
        reference.fit(iterate(windows));
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
    }

    private static void assertSameSteps(MultiLayerNetwork ours, MultiLayerNetwork expected) {
        assertThat(ours.params()).isEqualTo(expected.params());
        assertThat(ours.updaterState()).isEqualTo(expected.updaterState());
        assertThat(ours.score()).isEqualTo(expected.score());
        assertThat(ours.getIterationCount()).isEqualTo(expected.getIterationCount());
    }
}
