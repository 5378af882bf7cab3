/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.NetworkClass.GRAPH;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.rnn.DuplicateToTimeSeriesVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * Truncated BPTT takes a step after each time segment, and carries a state from segment to segment: one for each
 * micro-batch. Segments of 5 steps in sequences of 12, so that the last is shorter.
 */
@SuppressWarnings("deprecation") // GravesLSTM is deprecated, and still in stored models
@ExtendWith({DoubleByDefault.class, Quiet.class})
class TruncatedBpttTest {

    private static final int SEGMENT = 5;
    private static final int STEPS = 12;
    /** Between a dense and a recurrent layer DL4J folds and unfolds time. */
    private static final Layer[] FOLDED = {lstm(4), dense(4), lstm(3), rnnSoftmax(3)};

    private static final int[] LENGTHS = {12, 3, 7, 5, 12, 1, 10, 11};

    static Stream<ExactnessCase> layers() {
        return Stream.of(
                truncated("LSTM", lstm(4), rnnSoftmax(3)),
                truncated("GravesLSTM", new GravesLSTM.Builder().nOut(4).build(), rnnSoftmax(3)),
                truncated("SimpleRnn", simple(), rnnSoftmax(3)),
                truncated(
                        "all three",
                        lstm(4),
                        simple(),
                        new GravesLSTM.Builder().nOut(3).build(),
                        rnnSoftmax(3)),
                truncated("self-attention", lstm(4), attention(), rnnSoftmax(3)),
                truncated("no recurrent layer", dense(4), rnnSoftmax(3)));
    }

    static Stream<ExactnessCase> settings() {
        return Stream.of(
                truncated("Adam", TruncatedBpttTest::sequences, Nets.settings().updater(new Adam(0.01)), SEGMENT),
                truncated(
                        "schedule, clipping and weight decay",
                        TruncatedBpttTest::sequences,
                        sgd().updater(new Sgd(new StepSchedule(ScheduleType.ITERATION, 0.5, 0.5, 3)))
                                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                                .gradientNormalizationThreshold(0.1)
                                .weightDecay(0.05)
                                .l2(0.01),
                        SEGMENT),
                truncated(
                        "sums instead of means",
                        TruncatedBpttTest::sequences,
                        sgd().miniBatch(false).updater(new Sgd(0.01)),
                        SEGMENT),
                truncated(
                        "no workspaces",
                        TruncatedBpttTest::sequences,
                        sgd().trainingWorkspaceMode(WorkspaceMode.NONE),
                        SEGMENT),
                truncated("segments of one step", TruncatedBpttTest::sequences, sgd(), 1),
                truncated("segments that fit", TruncatedBpttTest::sequences, sgd(), 4),
                truncated("one segment", TruncatedBpttTest::sequences, sgd(), STEPS),
                truncated("sequences shorter than the segment", TruncatedBpttTest::sequences, sgd(), STEPS + 8));
    }

    static Stream<ExactnessCase> masks() {
        return Stream.of(
                truncated("features and labels masked alike", TruncatedBpttTest::masked),
                truncated("features masked", () -> masked(true, false)),
                truncated("labels masked", () -> masked(false, true)));
    }

    static Stream<ExactnessCase> differentLengths() {
        return Stream.of(
                truncated("lengths differ", TruncatedBpttTest::ofDifferentLengths),
                truncated("lengths differ, masked", () -> withMasks(ofDifferentLengths(), true, true)),
                truncated(
                        "lengths differ, penalties count in the score",
                        TruncatedBpttTest::ofDifferentLengths,
                        sgd().l2(0.1),
                        SEGMENT),
                truncated(
                        "lengths differ, sums",
                        TruncatedBpttTest::ofDifferentLengths,
                        sgd().miniBatch(false).updater(new Sgd(0.01)).l2(0.1),
                        SEGMENT));
    }

    static Stream<Arguments> inBothClasses() {
        return ExactnessCase.inBothClasses(
                Stream.of(layers(), settings(), masks()).flatMap(cases -> cases));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("inBothClasses")
    void equalsNativeTraining(ExactnessCase testCase, NetworkClass<?> type) {
        testCase.verify(type);
    }

    @Test
    void equalsNativeTrainingWithFeedForwardLayersInBetween() {
        truncated("recurrent, dense, recurrent", FOLDED).verify();
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource({"layers", "masks"})
    void equalsNativeTrainingExampleByExample(ExactnessCase testCase) {
        testCase.windows(2, 1).epochs(1).verify();
    }

    /** Segments of 11 of 12 steps leave one step, segments of one step nothing else: masks of shape [1, 1]. */
    static Stream<ExactnessCase> masksOfASingleElement() {
        return Stream.of(1, 11)
                .flatMap(segment -> Stream.of(
                        truncated("both masked, " + segment, TruncatedBpttTest::masked, sgd().l2(0.1), segment),
                        truncated("features masked, " + segment, () -> masked(true, false), sgd(), segment),
                        truncated("labels masked, " + segment, () -> masked(false, true), sgd(), segment),
                        truncated(
                                "sums, " + segment,
                                TruncatedBpttTest::masked,
                                sgd().miniBatch(false).updater(new Sgd(0.01)).l2(0.1),
                                segment),
                        truncated(
                                "sums, features masked, " + segment,
                                () -> masked(true, false),
                                sgd().miniBatch(false).updater(new Sgd(0.01)).l2(0.1),
                                segment)));
    }

    static Stream<Arguments> masksOfASingleElementInBothClasses() {
        return ExactnessCase.inBothClasses(masksOfASingleElement());
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("masksOfASingleElementInBothClasses")
    <T extends Model> void equalsNativeTrainingOnSingleMaskedSteps(ExactnessCase testCase, NetworkClass<T> type) {
        ExactnessCase single = testCase.windows(2, 1).epochs(1);
        var reference = single.natively(type);
        single.accumulated(type).assertSameAs(reference, single.tolerance());
        single.accumulated(type, settings -> settings.parallelism(2)).assertSameAs(reference, single.tolerance());
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(ints = {1, 11})
    void equalsNativeTrainingOnSingleMaskedStepsWithFeedForwardLayersInBetween(int segment) {
        ExactnessCase.of("folded", () -> configuration(sgd(), segment, FOLDED), TruncatedBpttTest::masked)
                .windows(2, 1)
                .epochs(1)
                .verify();
    }

    /** The reference is padded to the longest sequence of its window and masked there; see ExactMasksTest. */
    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("differentLengths")
    void equalsNativeTrainingOnPaddedSequences(ExactnessCase testCase) {
        var reference = testCase.natively(LAYERS).withoutActivations();
        testCase.accumulated(LAYERS).withoutActivations().assertSameAs(reference, testCase.tolerance());
    }

    /** Where sequences have ended listeners see zeros; everywhere else what native training shows them. */
    @EachNetworkClass
    <T extends Model> void activationsOfSequencesThatHaveEndedAreZeros(NetworkClass<T> type) {
        assertZerosWhereSequencesHaveEnded(type, lstm(4), simple(), rnnSoftmax(3));
    }

    @Test
    void activationsOfSequencesThatHaveEndedAreZerosWhereTimeIsFolded() {
        assertZerosWhereSequencesHaveEnded(LAYERS, FOLDED);
    }

    /** Three sequences of 3 steps, which end in the first segment, before four of 12 steps. */
    private static <T extends Model> void assertZerosWhereSequencesHaveEnded(NetworkClass<T> type, Layer... layers) {
        Data data = new Data(31, DataType.DOUBLE);
        List<DataSet> batches = List.of(
                new DataSet(data.normal(3, 3, 3), data.oneHotSequences(3, 3, 3)),
                new DataSet(data.normal(4, 3, STEPS), data.oneHotSequences(4, 3, STEPS)));
        ExactnessCase testCase = ExactnessCase.of("", () -> configuration(sgd(), SEGMENT, layers), () -> batches)
                .windows(2, 4)
                .epochs(1);
        List<EventLog.Event> expected = forwardPasses(testCase.natively(type));
        List<EventLog.Event> shown = forwardPasses(testCase.accumulated(type));
        assertThat(shown).hasSameSizeAs(expected).hasSize(3);
        for (int segment = 0; segment < shown.size(); segment++) {
            List<INDArray> activations = shown.get(segment).arrays();
            assertThat(activations)
                    .as("the input, and all layers but the output")
                    .hasSize(layers.length);
            for (int i = 0; i < activations.size(); i++) {
                INDArray wanted = expected.get(segment).arrays().get(i).dup();
                silenceEnded(wanted, 3 - segment * SEGMENT);
                Tolerance.assertClose(
                        "segment " + segment + ", array " + i, activations.get(i), wanted, Tolerance.DOUBLE);
            }
        }
    }

    private static List<EventLog.Event> forwardPasses(ExactnessCase.Trained<?> trained) {
        return trained.events().events().stream()
                .filter(event -> event.name().startsWith("onForwardPass"))
                .toList();
    }

    /**
     * Sets what belongs to the first three of seven examples from a time step on to zero.
     *
     * @param activations shape [7, values, time], or folded [7 time, values] with the example running fastest
     */
    private static void silenceEnded(INDArray activations, int from) {
        boolean folded = activations.rank() == 2;
        long steps = folded ? activations.size(0) / 7 : activations.size(2);
        for (int example = 0; example < 3; example++) {
            for (int step = Math.max(0, from); step < steps; step++) {
                for (int value = 0; value < activations.size(1); value++) {
                    activations.putScalar(
                            folded ? new int[] {step * 7 + example, value} : new int[] {example, value, step}, 0);
                }
            }
        }
    }

    @EachNetworkClass
    <T extends Model> void oneBatchIsAWindowOfAsManyStepsAsSegments(NetworkClass<T> type) {
        T ours = type.init(configuration(Nets.settings(), SEGMENT, lstm(4), rnnSoftmax(3)));
        T reference = type.init(configuration(Nets.settings(), SEGMENT, lstm(4), rnnSoftmax(3)));
        DataSet batch = sequences().get(0);
        type.fit(reference, batch);
        try (var trainer = type.builder(ours).microBatchSize(3).build()) {
            StepReport last = trainer.fit(batch);
            assertThat(last.iteration()).isEqualTo(2);
            assertThat(last.microBatches()).isEqualTo(2);
            assertThat(last.examples()).isEqualTo(4);
            assertThat(last.score()).isEqualTo(ours.score());
        }
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void handWrittenLoopsMayReuseTheirArrays(NetworkClass<T> type) {
        T ours = type.init(configuration(sgd(), SEGMENT, lstm(4), rnnSoftmax(3)));
        T reference = type.init(configuration(sgd(), SEGMENT, lstm(4), rnnSoftmax(3)));
        List<DataSet> batches = masked();
        type.fit(reference, Data.windows(batches, 3).get(0));
        try (var trainer = type.builder(ours).accumulationSteps(3).build()) {
            for (DataSet batch : batches.subList(0, 3)) {
                DataSet reused = batch.copy();
                trainer.accumulate(reused);
                reused.getFeatures().assign(Double.NaN);
                reused.getLabels().assign(Double.NaN);
                reused.getFeaturesMaskArray().assign(0);
                reused.getLabelsMaskArray().assign(0);
            }
        }
        assertThat(type.iterations(ours)).isEqualTo(3);
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
    }

    /** Two inputs, one of them without time, and two outputs. */
    @Test
    void graphsOfSeveralInputsEqualNativeTraining() {
        Supplier<ComputationGraphConfiguration> configuration = () -> sgd().graphBuilder()
                .addInputs("sequence", "constant")
                .setInputTypes(InputType.recurrent(3), InputType.feedForward(2))
                .addVertex("repeated", new DuplicateToTimeSeriesVertex("sequence"), "constant")
                .addVertex("joined", new MergeVertex(), "sequence", "repeated")
                .addLayer("lstm", lstm(4), "joined")
                .addLayer("first", rnnSoftmax(3), "lstm")
                .addLayer("second", rnnSoftmax(2), "lstm")
                .setOutputs("first", "second")
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(SEGMENT)
                .build();
        ExactnessCase.ofGraph("two inputs", configuration, () -> {
                    Data data = new Data(21, DataType.DOUBLE);
                    List<MultiDataSet> batches = new ArrayList<>();
                    for (int n : new int[] {4, 3, 5, 2}) {
                        batches.add(new MultiDataSet(
                                new INDArray[] {data.normal(n, 3, STEPS), data.normal(n, 2)},
                                new INDArray[] {data.oneHotSequences(n, 3, STEPS), data.oneHotSequences(n, 2, STEPS)},
                                null,
                                null));
                    }
                    return batches;
                })
                .verify();
    }

    /**
     * A bug of DL4J 1.0.0-M2.1: a graph never clears the state of a recurrent layer in a wrapper, such as a frozen one,
     * so that a batch starts where the batch before stopped. Here every window starts anew; native training does with a
     * graph that was just made, and with a network of layers in a row.
     */
    @Tag("slow")
    @Test
    void wrappedLayersStartEveryWindowAnew() {
        Supplier<ComputationGraph> graph = () -> GRAPH.init(frozen());
        ComputationGraph ours = graph.get();
        ComputationGraph leaky = graph.get();
        ComputationGraph reference = graph.get();
        Data data = new Data(4, DataType.DOUBLE);
        try (var trainer =
                GradientAccumulationTrainer.builder(ours).microBatchSize(3).build()) {
            for (int i = 0; i < 3; i++) {
                DataSet batch = new DataSet(data.normal(7, 3, STEPS), data.oneHotSequences(7, 3, STEPS));
                trainer.fit(batch);
                leaky.fit(batch);
                reference.fit(batch);
                ComputationGraph justMade = graph.get();
                justMade.params().assign(reference.params());
                justMade.getConfiguration().setIterationCount(reference.getIterationCount());
                reference = justMade;
            }
        }
        Tolerance.assertClose("parameters", ours.params(), reference.params(), Tolerance.DOUBLE);
        assertThat(leaky.params().distance2(reference.params())).isGreaterThan(1e-6);
    }

    @Tag("slow")
    @Test
    void frozenLayersInARowEqualNativeTraining() {
        ExactnessCase.of("frozen", TruncatedBpttTest::frozen, TruncatedBpttTest::sequences)
                .verify();
    }

    private static MultiLayerConfiguration frozen() {
        return configuration(sgd(), SEGMENT, new FrozenLayer(lstm(4)), lstm(3), rnnSoftmax(3));
    }

    /** A bug of DL4J 1.0.0-M2.1: in truncated BPTT a graph leaves out the preprocessors of recurrent layers. */
    @Test
    void graphsWithPreprocessorsFailAsInNativeTraining() {
        ComputationGraph graph = GRAPH.init(configuration(sgd(), SEGMENT, FOLDED));
        DataSet batch = sequences().get(0);
        assertThatThrownBy(() -> graph.fit(batch)).hasMessageContaining("3D input expected");
        try (var trainer = GradientAccumulationTrainer.builder(graph).build()) {
            assertThatThrownBy(() -> trainer.fit(batch))
                    .isInstanceOf(MicroBatchException.class)
                    .hasMessageContaining("3D input expected");
        }
    }

    @EachNetworkClass
    <T extends Model> void refusesLayersThatReadFromTheEnd(NetworkClass<T> type) {
        for (Layer layer : List.of(
                new Bidirectional(lstm(4)),
                new org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM.Builder()
                        .nOut(4)
                        .build())) {
            T network = type.init(configuration(sgd(), SEGMENT, layer, rnnSoftmax(3)));
            DataSet batch = sequences().get(0);
            assertThatThrownBy(() -> type.fit(network, batch)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> type.builder(network).build())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("Layer", layer.getClass().getSimpleName(), "BackpropType.Standard");
        }
    }

    @EachNetworkClass
    <T extends Model> void refusesThemInsideWrappersToo(NetworkClass<T> type) {
        T network =
                type.init(configuration(sgd(), SEGMENT, new FrozenLayer(new Bidirectional(lstm(4))), rnnSoftmax(3)));
        assertThatThrownBy(() -> type.builder(network).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("Layer", "Bidirectional", "BackpropType.Standard");
    }

    static Stream<List<Layer>> timeSecond() {
        return Stream.of(
                List.of(
                        new LSTM.Builder()
                                .nIn(3)
                                .nOut(4)
                                .dataFormat(RNNFormat.NWC)
                                .build(),
                        rnnSoftmax(3)),
                List.of(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(3)
                        .nOut(3)
                        .dataFormat(RNNFormat.NWC)
                        .build()));
    }

    @ParameterizedTest
    @MethodSource("timeSecond")
    void refusesTimeInTheSecondDimension(List<Layer> layers) {
        var list = sgd().list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        MultiLayerNetwork network = Nets.init(list.setInputType(InputType.recurrent(3, STEPS, RNNFormat.NWC))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(SEGMENT)
                .build());
        assertThatThrownBy(() -> GradientAccumulationTrainer.builder(network).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("NWC", "NCW");
    }

    static Stream<Arguments> unfit() {
        Data data = new Data(3, DataType.DOUBLE);
        List<DataSet> batches = List.of(
                new DataSet(data.normal(4, 3, STEPS), data.oneHot(4, 3)),
                new DataSet(data.normal(4, 3, STEPS), data.oneHotSequences(4, 3, STEPS - 1)),
                new DataSet(data.normal(4, 3, STEPS), data.oneHotSequences(4, 3, STEPS), data.mask(4, STEPS - 1), null),
                new DataSet(
                        data.normal(4, 3, STEPS),
                        data.oneHotSequences(4, 3, STEPS),
                        null,
                        data.indices(2, 4, 3, STEPS)));
        return NetworkClass.all().stream().flatMap(type -> batches.stream().map(batch -> Arguments.of(type, batch)));
    }

    /** Native training logs a line and takes no step, or cuts a mask along the wrong dimension. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("unfit")
    <T extends Model> void refusesBatchesThatCannotBeCut(NetworkClass<T> type, DataSet batch) {
        T network = type.init(configuration(sgd(), SEGMENT, lstm(4), rnnSoftmax(3)));
        Snapshot before = Snapshot.of(network);
        try (var trainer = type.builder(network).build()) {
            assertThatThrownBy(() -> trainer.fit(batch))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("truncated BPTT", "time");
            assertThatThrownBy(() -> trainer.accumulate(batch)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> trainer.fit(ExactnessCase.iterate(List.of(batch))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        before.assertUnchanged(network);
    }

    @Test
    void aFailureInALaterSegmentLeavesTheNetworkAsAfterTheLastStep() {
        MultiLayerNetwork network = Nets.init(configuration(sgd(), SEGMENT, lstm(4), rnnSoftmax(3)));
        MultiLayerNetwork reference = network.clone();
        DataSet batch = sequences().get(0);
        batch.getFeatures().putScalar(new int[] {3, 0, SEGMENT}, Double.NaN);
        Data data = new Data(5, DataType.DOUBLE);
        DataSet good = new DataSet(data.normal(4, 3, SEGMENT), data.oneHotSequences(4, 3, SEGMENT));
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(2).build()) {
            assertThatThrownBy(() -> trainer.fit(batch))
                    .isInstanceOfSatisfying(NonFiniteGradientException.class, failure -> {
                        assertThat(failure.iteration()).isEqualTo(1);
                        assertThat(failure.microBatch()).isEqualTo(1);
                    });
            assertThat(network.getIterationCount()).isEqualTo(1);
            trainer.fit(good);
        }
        reference.fit(io.github.gradacc.batch.TimeSegments.cut(batch.toMultiDataSet(), 0, SEGMENT)
                .map(TruncatedBpttTest::toDataSet)
                .orElseThrow());
        reference.fit(good);
        ExactnessCase.assertSame(network, reference, Tolerance.DOUBLE);
    }

    private static DataSet toDataSet(org.nd4j.linalg.dataset.api.MultiDataSet data) {
        return new DataSet(data.getFeatures(0), data.getLabels(0));
    }

    private static Layer simple() {
        return new SimpleRnn.Builder().nOut(4).build();
    }

    private static Layer attention() {
        return new SelfAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .headSize(2)
                .projectInput(true)
                .build();
    }

    private static NeuralNetConfiguration.Builder sgd() {
        return Nets.settings().updater(new Sgd(0.5));
    }

    private static MultiLayerConfiguration configuration(
            NeuralNetConfiguration.Builder settings, int segment, Layer... layers) {
        var list = settings.list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        return list.setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(segment)
                .build();
    }

    private static ExactnessCase truncated(String name, Layer... layers) {
        return ExactnessCase.of(name, () -> configuration(sgd(), SEGMENT, layers), TruncatedBpttTest::sequences);
    }

    private static ExactnessCase truncated(String name, Supplier<List<DataSet>> batches) {
        return truncated(name, batches, sgd(), SEGMENT);
    }

    private static ExactnessCase truncated(
            String name, Supplier<List<DataSet>> batches, NeuralNetConfiguration.Builder settings, int segment) {
        return ExactnessCase.of(
                name, () -> configuration(settings.clone(), segment, lstm(4), simple(), rnnSoftmax(3)), batches);
    }

    private static List<DataSet> sequences() {
        return Batches.ragged((data, n) -> data.normal(n, 3, STEPS), (data, n) -> data.oneHotSequences(n, 3, STEPS));
    }

    private static List<DataSet> masked() {
        return masked(true, true);
    }

    private static List<DataSet> masked(boolean features, boolean labels) {
        return withMasks(sequences(), features, labels);
    }

    private static List<DataSet> withMasks(List<DataSet> batches, boolean features, boolean labels) {
        Data data = new Data(17, DataType.DOUBLE);
        for (DataSet batch : batches) {
            INDArray mask =
                    data.mask(batch.numExamples(), (int) batch.getFeatures().size(2));
            batch.setFeaturesMaskArray(features ? mask : null);
            batch.setLabelsMaskArray(labels ? mask.dup() : null);
        }
        return batches;
    }

    private static List<DataSet> ofDifferentLengths() {
        return Batches.ofLengths(LENGTHS);
    }
}
