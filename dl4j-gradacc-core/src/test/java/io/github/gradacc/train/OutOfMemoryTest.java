/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.NetworkClass.GRAPH;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import io.github.gradacc.testing.WatchedLoss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.exception.ND4JIllegalStateException;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A loss that throws where memory would be short: for passes of more than so many rows. Real limits are in
 * {@link MemoryLimitsTest}.
 */
class OutOfMemoryTest {

    private static final int STEPS = 12;
    private static final int SEGMENT = 5;

    private final Data data = new Data(1, DataType.DOUBLE);
    private final List<Long> attempts = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void memoryIsBack() {
        WatchedLoss.watch(labels -> {});
        WatchedLoss.watchScores(labels -> {});
    }

    /** In the middle of a pass. */
    private void allow(long rows, Supplier<? extends Throwable> error) {
        WatchedLoss.watch(labels -> {
            attempts.add(labels.size(0));
            if (labels.size(0) > rows) {
                OutOfMemoryTest.<RuntimeException>sneak(error.get());
            }
        });
    }

    private void allow(long rows) {
        allow(rows, () -> new OutOfMemoryError("deliberate"));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private static Layer softmax() {
        return new OutputLayer.Builder(new WatchedLoss())
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static MultiLayerConfiguration mlp(Layer... between) {
        return Nets.of(
                InputType.feedForward(4),
                Stream.of(Stream.of(dense(6)), Stream.of(between), Stream.of(softmax()))
                        .flatMap(each -> each)
                        .toArray(Layer[]::new));
    }

    private static MultiLayerConfiguration dropout() {
        return mlp(new DropoutLayer.Builder(0.5).build());
    }

    private static MultiLayerConfiguration recurrent(boolean truncated, Layer... layers) {
        var list = Nets.settings().list();
        Stream.of(layers).forEach(list::layer);
        list.layer(new RnnOutputLayer.Builder(new WatchedLoss())
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build());
        if (truncated) {
            list.backpropType(BackpropType.TruncatedBPTT).tBPTTLength(SEGMENT);
        }
        return list.setInputType(InputType.recurrent(3)).build();
    }

    private static GradientAccumulationTrainer.Builder halving(GradientAccumulationTrainer.Builder builder) {
        return builder.onOutOfMemory(OutOfMemoryPolicy.HALVE);
    }

    /** The network that is trained with the settings, on the data as given. */
    private static <T extends Model> T trained(
            NetworkClass<T> type,
            MultiLayerConfiguration configuration,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            BiConsumer<T, GradientAccumulationTrainer> training) {
        T network = type.init(configuration.clone());
        Nd4j.getRandom().setSeed(1);
        try (var trainer = settings.apply(type.builder(network)).build()) {
            training.accept(network, trainer);
        }
        return network;
    }

    static Stream<Arguments> classesAndWorkers() {
        return NetworkClass.all().stream().flatMap(type -> Stream.of(1, 2, 3).map(p -> Arguments.of(type, p)));
    }

    /** 40 examples become 20 + 20, and these 10 + 10 each, of which memory holds 10: the micro-batches of size 10. */
    @ParameterizedTest(name = "{0}, {1} workers")
    @MethodSource("classesAndWorkers")
    <T extends Model> void isTheTrainingWithSmallMicroBatchesFromTheStart(NetworkClass<T> type, int workers) {
        DataSet batch = data.dataSet(40, 3, 4);
        List<StepReport> reports = new ArrayList<>();
        T small =
                trained(type, dropout(), settings -> settings.microBatchSize(10).parallelism(workers), (n, trainer) -> {
                    for (int i = 0; i < 3; i++) {
                        trainer.fit(batch);
                    }
                });
        long after = Nd4j.getRandom().nextLong();

        allow(10);
        T halved = trained(type, dropout(), settings -> halving(settings).parallelism(workers), (n, trainer) -> {
            for (int i = 0; i < 3; i++) {
                reports.add(trainer.fit(batch));
            }
        });

        assertThat(halved.params().toDoubleVector()).isEqualTo(small.params().toDoubleVector());
        assertThat(type.updaterState(halved).toDoubleVector())
                .isEqualTo(type.updaterState(small).toDoubleVector());
        assertThat(halved.score()).isEqualTo(small.score());
        assertThat(Nd4j.getRandom().nextLong()).as("the thread's generator").isEqualTo(after);
        assertThat(reports).extracting(StepReport::outOfMemory).containsExactly(2, 0, 0);
        assertThat(reports).extracting(StepReport::microBatches).containsExactly(4, 4, 4);
        assertThat(reports).extracting(StepReport::examples).containsExactly(40L, 40L, 40L);
    }

    /** What is in the sum stays there: the passes before the failure are not made again. */
    @Test
    void goesOnWhereItFailed() {
        DataSet batch = data.dataSet(20, 3, 4);
        WatchedLoss.watch(labels -> {
            attempts.add(labels.size(0));
            if (labels.size(0) > 2 && attempts.size() == 3) {
                throw new OutOfMemoryError("once");
            }
        });
        trained(LAYERS, mlp(), settings -> halving(settings).microBatchSize(4), (network, trainer) -> {
            StepReport report = trainer.fit(batch);
            assertThat(report.microBatches()).isEqualTo(8);
            assertThat(report.outOfMemory()).isEqualTo(1);
        });
        assertThat(attempts).containsExactly(4L, 4L, 4L, 2L, 2L, 2L, 2L, 2L, 2L);
    }

    @ParameterizedTest(name = "{0}, {1} workers")
    @MethodSource("classesAndWorkers")
    <T extends Model> void equalsNativeTrainingOnTheBigBatch(NetworkClass<T> type, int workers) {
        List<DataSet> batches = new ArrayList<>();
        for (int size : new int[] {5, 23, 7, 2, 16}) {
            batches.add(data.dataSet(size, 3, 4));
        }
        T reference = type.init(mlp());
        EventLog expected = new EventLog();
        reference.setListeners(expected);
        type.fit(reference, iterate(Data.windows(batches, 3)), 2);

        allow(4);
        EventLog events = new EventLog();
        T halved = trained(
                type,
                mlp(),
                settings -> halving(settings).accumulationSteps(3).parallelism(workers),
                (network, trainer) -> {
                    network.setListeners(events);
                    trainer.fit(iterate(batches), 2);
                });

        assertSame(halved, reference, Tolerance.DOUBLE);
        events.assertSameAs(expected, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void inHandWrittenLoops(NetworkClass<T> type) {
        DataSet first = data.dataSet(6, 3, 4);
        DataSet second = data.dataSet(9, 3, 4);
        T reference = type.init(mlp());
        type.fit(reference, DataSet.merge(List.of(first, second)));

        T halved = trained(type, mlp(), settings -> halving(settings).accumulationSteps(5), (network, trainer) -> {
            assertThat(trainer.accumulate(first)).isEmpty();
            allow(2);
            assertThat(trainer.accumulate(second)).isEmpty();
            Optional<StepReport> report = trainer.flush();
            // 9 are 5 + 4; 5 are 3 + 2 and 4 are 2 + 2; 3 are 2 + 1.
            assertThat(report.orElseThrow().outOfMemory()).isEqualTo(3);
            assertThat(report.orElseThrow().examples()).isEqualTo(15);
        });

        assertSame(halved, reference, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void aWindowThatIsCarriedOver(NetworkClass<T> type) {
        List<DataSet> batches = List.of(data.dataSet(5, 3, 4), data.dataSet(6, 3, 4), data.dataSet(7, 3, 4));
        UnaryOperator<GradientAccumulationTrainer.Builder> carried =
                settings -> settings.accumulationSteps(2).partialWindow(PartialWindow.CARRY);
        T reference = trained(type, mlp(), carried, (network, trainer) -> trainer.fit(iterate(batches), 2));

        allow(3);
        T halved = trained(
                type,
                mlp(),
                settings -> halving(carried.apply(settings)),
                (network, trainer) -> trainer.fit(iterate(batches), 2));

        assertSame(halved, reference, Tolerance.DOUBLE);
    }

    static Stream<Arguments> sequences() {
        return classesAndWorkers()
                .flatMap(row -> Stream.of(true, false).map(masked -> {
                    Object[] each = row.get();
                    return Arguments.of(each[0], each[1], masked);
                }));
    }

    /**
     * The third segment is the first that fails, in the middle of its passes: states are cut, and those of passes that
     * were made beside it and dropped do not count.
     */
    @ParameterizedTest(name = "{0}, {1} workers, masks: {2}")
    @MethodSource("sequences")
    <T extends Model> void betweenSegmentsOfTruncatedBptt(NetworkClass<T> type, int workers, boolean masked) {
        DataSet batch = new DataSet(
                data.normal(13, 3, STEPS),
                data.oneHotSequences(13, 3, STEPS),
                masked ? data.mask(13, STEPS) : null,
                masked ? data.mask(13, STEPS) : null);
        Layer[] layers = {lstm(4), new SimpleRnn.Builder().nOut(4).build()};
        T reference = type.init(recurrent(true, layers));
        type.fit(reference, batch);
        type.fit(reference, batch);

        // The third segment has 2 steps. Its second pass, over 4 examples, is the first to fail.
        WatchedLoss.watch(labels -> {
            boolean isThird = labels.size(0) % 2 == 0 && labels.size(0) < 10;
            if (isThird && attempts.size() > 0 && labels.size(0) > 4) {
                throw new OutOfMemoryError("deliberate");
            }
            if (isThird) {
                attempts.add(labels.size(0));
            }
        });
        T halved = trained(
                type,
                recurrent(true, layers),
                settings -> halving(settings).microBatchSize(4).parallelism(workers),
                (network, trainer) -> {
                    assertThat(trainer.fit(batch).outOfMemory()).isEqualTo(1);
                    trainer.fit(batch);
                });

        assertSame(halved, reference, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void fromTheFirstSegmentOn(NetworkClass<T> type) {
        DataSet batch = new DataSet(data.normal(8, 3, STEPS), data.oneHotSequences(8, 3, STEPS));
        T reference = type.init(recurrent(true, lstm(4)));
        type.fit(reference, batch);

        allow(2 * SEGMENT);
        T halved = trained(type, recurrent(true, lstm(4)), OutOfMemoryTest::halving, (network, trainer) -> {
            StepReport report = trainer.fit(batch);
            assertThat(report.outOfMemory()).as("of the whole window").isEqualTo(2);
        });

        assertSame(halved, reference, Tolerance.DOUBLE);
    }

    /** What a pass leaves in the layers when it fails is not what it leaves otherwise. */
    @ParameterizedTest(name = "{0} workers, masks: {1}")
    @CsvSource({"1, true", "1, false", "3, true"})
    void wholeSequences(int workers, boolean masked) {
        DataSet batch = new DataSet(
                data.normal(12, 3, STEPS),
                data.oneHotSequences(12, 3, STEPS),
                masked ? data.mask(12, STEPS) : null,
                masked ? data.mask(12, STEPS) : null);
        MultiLayerConfiguration configuration = recurrent(false, lstm(4), lstm(3));
        MultiLayerNetwork small = trained(
                LAYERS,
                configuration,
                settings -> settings.microBatchSize(3).parallelism(workers),
                (network, trainer) -> trainer.fit(batch));
        allow(3 * STEPS);
        MultiLayerNetwork halved = trained(
                LAYERS,
                configuration,
                settings -> halving(settings).parallelism(workers),
                (network, trainer) -> trainer.fit(batch));

        assertThat(halved.params().toDoubleVector()).isEqualTo(small.params().toDoubleVector());
    }

    static Stream<Throwable> shortages() {
        return Stream.of(
                new OutOfMemoryError("Java heap space"),
                new OutOfMemoryError(
                        "Physical memory usage is too high: physicalBytes (730M) > maxPhysicalBytes (700M)"),
                new OutOfMemoryError("Failed to allocate memory within limits: totalBytes (8G + 1G) > maxBytes (8G)"),
                new RuntimeException("Error in a layer", new IllegalStateException(new OutOfMemoryError("wrapped"))),
                new RuntimeException("std::bad_alloc"),
                new RuntimeException("Allocation failed: [std::bad_alloc]"),
                new RuntimeException("Allocation failed: [[DEVICE] allocation failed]"),
                new RuntimeException("DataBuffer expansion failed: [no memory]"),
                new RuntimeException("Failed to allocate [1234] bytes"),
                new ND4JIllegalStateException("Can't allocate memory: Workspace is full"));
    }

    @ParameterizedTest
    @MethodSource("shortages")
    void whatIsTakenForAShortage(Throwable shortage) {
        allow(4, () -> shortage);
        trained(LAYERS, mlp(), OutOfMemoryTest::halving, (network, trainer) -> trainer.fit(data.dataSet(8, 3, 4)));
        assertThat(attempts).containsExactly(8L, 4L, 4L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anythingElseEndsTheStep(boolean isError) {
        Throwable other =
                isError ? new LinkageError("memory") : new IllegalStateException("Allocation of seats failed");
        allow(4, () -> other);
        MultiLayerNetwork network = Nets.init(mlp());
        try (var trainer = halving(GradientAccumulationTrainer.builder(network)).build()) {
            assertThatThrownBy(() -> trainer.fit(data.dataSet(8, 3, 4))).isNotNull();
        }
        assertThat(attempts).containsExactly(8L);
    }

    @Test
    void byDefaultTheErrorReachesTheCaller() {
        allow(4);
        MultiLayerNetwork network = Nets.init(mlp());
        Snapshot before = Snapshot.of(network);
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            Throwable thrown = catchThrowable(() -> trainer.fit(data.dataSet(8, 3, 4)));
            assertThat(thrown).hasRootCauseInstanceOf(OutOfMemoryError.class);
        }
        assertThat(attempts).containsExactly(8L);
        before.assertUnchanged(network);
    }

    /** At the end of a pass errors reach the trainer as they are; a single example cannot be halved. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aSingleExampleThatDoesNotFitEndsTheStep(int workers) {
        MultiLayerNetwork network = Nets.init(mlp());
        network.fit(data.dataSet(4, 3, 4));
        Snapshot before = Snapshot.of(network);
        OutOfMemoryError error = new OutOfMemoryError("deliberate");
        WatchedLoss.watchScores(labels -> {
            throw error;
        });
        DataSet batch = data.dataSet(9, 3, 4);
        try (var trainer = halving(GradientAccumulationTrainer.builder(network))
                .parallelism(workers)
                .build()) {
            assertThatThrownBy(() -> trainer.fit(batch)).isSameAs(error);
            before.assertUnchanged(network);
            assertThat(trainer.isWindowOpen()).isFalse();
            WatchedLoss.watchScores(labels -> {});
            assertThat(trainer.fit(batch).microBatches())
                    .as("the size was kept")
                    .isEqualTo(9);
        }
        MultiLayerNetwork reference = Nets.init(mlp());
        reference.setParams(before.parameters());
        reference.getUpdater().setStateViewArray(reference, before.updaterState(), false);
        reference.setIterationCount(1);
        reference.fit(batch);
        assertSame(network, reference, Tolerance.DOUBLE);
    }

    /** Example i is rows i and n + i. */
    @Test
    void batchesThatCannotBeCut() {
        ComputationGraphConfiguration graph = Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex("left", new UnstackVertex(0, 2), "in")
                .addVertex("right", new UnstackVertex(1, 2), "in")
                .addVertex("difference", new ElementWiseVertex(ElementWiseVertex.Op.Subtract), "left", "right")
                .addVertex("twice", new StackVertex(), "difference", "difference")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(new WatchedLoss())
                                .nIn(4)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "twice")
                .setOutputs("out")
                .build();
        ComputationGraph network = GRAPH.init(graph);
        Snapshot before = Snapshot.of(network);
        allow(6);
        try (var trainer = halving(GradientAccumulationTrainer.builder(network)).build()) {
            assertThat(catchThrowable(() -> trainer.fit(data.normal(12, 4), data.oneHot(12, 3))))
                    .hasRootCauseInstanceOf(OutOfMemoryError.class);
        }
        assertThat(attempts).containsExactly(12L);
        before.assertUnchanged(network);
    }

    @Test
    void oneLineForEachChangeAndOneForWhatDiffers() {
        allow(4);
        try (var log = new LogLines("io.github.gradacc.train")) {
            trained(
                    LAYERS,
                    mlp(new BatchNormalization(), new DropoutLayer.Builder(0.5).build()),
                    OutOfMemoryTest::halving,
                    (network, trainer) -> {
                        trainer.fit(data.dataSet(16, 3, 4));
                        trainer.fit(data.dataSet(16, 3, 4));
                    });
            assertThat(log.warnings()).hasSize(3);
            assertThat(log.warnings().get(0))
                    .contains("16 examples", "micro-batch 0 of step 0", "at most 8", "OutOfMemoryError: deliberate");
            assertThat(log.warnings().get(1)).contains("BatchNormalization", "DropoutLayer", "'1', a", "once");
            assertThat(log.warnings().get(2)).contains("8 examples", "at most 4");
        }
    }

    /** After 100 windows the size is doubled, here to the whole; it fails again, and the next attempt comes later. */
    @Test
    void theSizeGrowsAgain() {
        DataSet batch = data.dataSet(4, 3, 4);
        allow(2);
        trained(LAYERS, mlp(), OutOfMemoryTest::halving, (network, trainer) -> {
            List<Integer> failed = new ArrayList<>();
            for (int i = 0; i < 303; i++) {
                if (trainer.fit(batch).outOfMemory() > 0) {
                    failed.add(i);
                }
            }
            // Good windows: 1 to 100, then, the wait being 200, 102 to 301.
            assertThat(failed).containsExactly(0, 101, 302);
        });
    }

    @Test
    void nullIsRefused() {
        assertThatThrownBy(() ->
                        GradientAccumulationTrainer.builder(Nets.init(mlp())).onOutOfMemory(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("onOutOfMemory");
    }
}
