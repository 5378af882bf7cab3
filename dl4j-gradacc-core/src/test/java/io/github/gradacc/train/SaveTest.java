/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Loops written by hand that are saved in the middle of a window and go on in another trainer, to the last bit. */
class SaveTest {

    @TempDir
    private Path directory;

    private Path file() {
        return directory.resolve("training.zip");
    }

    /** A network, how it is trained, and eight batches. */
    record Case(
            String name,
            Supplier<MultiLayerConfiguration> network,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings,
            Supplier<List<DataSet>> batches) {

        MultiLayerNetwork init() {
            return Nets.init(network.get());
        }

        GradientAccumulationTrainer trainer(MultiLayerNetwork of) {
            return settings.apply(GradientAccumulationTrainer.builder(of).accumulationSteps(5))
                    .build();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final Case NORM = new Case(
            "batch normalization, dropout",
            () -> Nets.of(
                    InputType.feedForward(4),
                    new DenseLayer.Builder().nOut(6).dropOut(0.7).build(),
                    new BatchNormalization.Builder().build(),
                    Nets.softmax(3)),
            settings -> settings.microBatchSize(2),
            Batches::mlp);

    static Stream<Case> cases() {
        return Stream.of(
                NORM,
                new Case(
                        "normalization in order",
                        NORM.network(),
                        settings -> settings.batchNormStatistics(BatchNormStatistics.SEQUENTIAL),
                        Batches::mlp),
                new Case(
                        "logarithmic deviation, workers",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                Nets.dense(6),
                                new BatchNormalization.Builder().useLogStd(true).build(),
                                Nets.softmax(3)),
                        settings -> settings.parallelism(4),
                        Batches::mlp),
                new Case(
                        "centers",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                Nets.dense(6),
                                new CenterLossOutputLayer.Builder()
                                        .nOut(3)
                                        .activation(Activation.SOFTMAX)
                                        .alpha(0.3)
                                        .lambda(0.1)
                                        .build()),
                        settings -> settings.microBatchSize(3),
                        Batches::mlp),
                new Case(
                        "truncated BPTT",
                        () -> Nets.settings()
                                .list()
                                .layer(Nets.lstm(4))
                                .layer(Nets.rnnSoftmax(3))
                                .setInputType(InputType.recurrent(3))
                                .backpropType(BackpropType.TruncatedBPTT)
                                .tBPTTLength(2)
                                .build(),
                        settings -> settings,
                        Batches::sequences),
                new Case(
                        "by unmasked labels",
                        () -> Nets.of(InputType.recurrent(3), Nets.lstm(4), Nets.rnnSoftmax(3)),
                        settings -> settings.lossNormalization(LossNormalization.UNMASKED),
                        Batches::sequences),
                new Case(
                        "micro-batches left out",
                        NORM.network(),
                        settings -> settings.microBatchSize(2).nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH),
                        SaveTest::bad),
                new Case(
                        "sequences left out, by unmasked labels",
                        () -> Nets.of(InputType.recurrent(3), Nets.lstm(4), Nets.rnnSoftmax(3)),
                        settings -> settings.microBatchSize(1)
                                .lossNormalization(LossNormalization.UNMASKED)
                                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH),
                        SaveTest::badSequences),
                new Case(
                        "windows dropped",
                        NORM.network(),
                        settings -> settings.nonFinite(NonFinitePolicy.SKIP_STEP),
                        SaveTest::bad),
                new Case(
                        "scaled",
                        () -> Nets.mlp(),
                        settings -> settings.lossScaling(
                                LossScaling.dynamic().withInitialScale(64).withGrowthInterval(2)),
                        Batches::mlp),
                new Case(
                        "halved where memory is short",
                        NORM.network(),
                        settings -> settings.onOutOfMemory(OutOfMemoryPolicy.HALVE),
                        Batches::mlp));
    }

    private static List<DataSet> bad() {
        return withNaN(Batches.mlp());
    }

    private static List<DataSet> badSequences() {
        return withNaN(Batches.sequences());
    }

    /** An example of the second batch. */
    private static List<DataSet> withNaN(List<DataSet> batches) {
        INDArray features = batches.get(1).getFeatures();
        features.slice(0).assign(Double.NaN);
        return batches;
    }

    /** Trains on some batches, and all the rest. */
    private static void train(GradientAccumulationTrainer trainer, List<DataSet> batches) {
        batches.forEach(trainer::accumulate);
    }

    private static String bits(MultiLayerNetwork network) {
        INDArray state = network.getUpdater().getStateViewArray();
        return java.util.Arrays.hashCode(network.params().toDoubleVector()) + " "
                + java.util.Arrays.hashCode(state.dup().data().asDouble()) + " " + network.getIterationCount() + " "
                + network.getEpochCount() + " " + network.score();
    }

    private static String undisturbed(Case of, EventLog events) {
        Nd4j.getRandom().setSeed(3);
        MultiLayerNetwork network = of.init();
        network.setListeners(events);
        try (var trainer = of.trainer(network)) {
            train(trainer, of.batches().get());
            trainer.flush();
        }
        return bits(network);
    }

    /** The listener is told what it would have been told, of the whole window, whoever computed it. */
    @ParameterizedTest
    @MethodSource("cases")
    @Tag("slow")
    void goesOnWithTheSameBitsAfterAnyBatch(Case of) {
        EventLog told = new EventLog();
        String expected = undisturbed(of, told);
        List<DataSet> batches = of.batches().get();
        for (int saved = 0; saved <= batches.size(); saved++) {
            EventLog events = new EventLog();
            Nd4j.getRandom().setSeed(3);
            MultiLayerNetwork first = of.init();
            first.setListeners(events);
            try (var trainer = of.trainer(first)) {
                train(trainer, batches.subList(0, saved));
                trainer.save(file());
                trainer.accumulate(batches.get(0));
            } finally {
                first.setListeners(List.of());
            }
            int fromFirst = saved < 4 ? 0 : -1;
            MultiLayerNetwork second = of.init();
            EventLog rest = fromFirst == 0 ? events : new EventLog();
            second.setListeners(rest);
            Nd4j.getRandom().setSeed(1234);
            try (var trainer = of.trainer(second)) {
                trainer.restore(file());
                assertThat(trainer.isWindowOpen()).isEqualTo(saved % 5 != 0);
                train(trainer, batches.subList(saved, batches.size()));
                trainer.flush();
            }
            assertThat(bits(second)).as("saved after %d batches", saved).isEqualTo(expected);
            if (fromFirst == 0) {
                rest.assertSameAs(told, 0);
            }
        }
    }

    /** A window that was open when it was saved takes its step without a further batch, and in the same file. */
    @ParameterizedTest
    @MethodSource("cases")
    @Tag("slow")
    void takesAStepOnWhatWasSaved(Case of) {
        List<DataSet> batches = of.batches().get().subList(0, 3);
        MultiLayerNetwork first = of.init();
        MultiLayerNetwork second = of.init();
        try (var trainer = of.trainer(first);
                var other = of.trainer(second)) {
            train(trainer, batches);
            trainer.save(file());
            StepReport expected = trainer.flush().orElseThrow();
            other.accumulate(batches.get(2));
            other.restore(file());
            assertThat(other.flush()).contains(expected);
        }
        assertThat(bits(second)).isEqualTo(bits(first));
    }

    @Test
    void takesAStepOnWhatWasSaved() {
        takesAStepOnWhatWasSaved(NORM);
    }

    @Test
    void aFilterKnowsTheScoresBefore() {
        Case filtered =
                new Case("", Nets::mlp, settings -> settings.stepFilter(StepFilter.scoreSpike(1.001, 1)), Batches::mlp);
        INDArray features = Batches.mlp().get(0).getFeatures();
        INDArray expected = filtered.init().output(features);
        DataSet batch = new DataSet(features, hot(expected, expected.argMax(1)));
        DataSet spike = new DataSet(features, hot(expected, expected.neg().argMax(1)));
        try (var trainer = filtered.trainer(filtered.init())) {
            trainer.fit(batch);
            trainer.save(file());
        }
        try (var trainer = filtered.trainer(filtered.init());
                var unaware = filtered.trainer(filtered.init())) {
            trainer.restore(file());
            assertThat(trainer.fit(spike).stepped()).isFalse();
            assertThat(unaware.fit(spike).stepped()).isTrue();
        }
    }

    private static INDArray hot(INDArray like, INDArray columns) {
        INDArray labels = like.mul(0);
        for (int row = 0; row < like.rows(); row++) {
            labels.putScalar(row, columns.getInt(row), 1);
        }
        return labels;
    }

    @Test
    void dl4jReadsTheFile() throws IOException {
        MultiLayerNetwork network = NORM.init();
        try (var trainer = NORM.trainer(network)) {
            train(trainer, NORM.batches().get());
            trainer.save(file());
        }
        for (MultiLayerNetwork read : List.of(
                MultiLayerNetwork.load(file().toFile(), true),
                ModelSerializer.restoreMultiLayerNetwork(file().toFile()))) {
            assertThat(read.params().toDoubleVector())
                    .containsExactly(network.params().toDoubleVector());
            assertThat(read.getUpdater().getStateViewArray().dup().data().asDouble())
                    .containsExactly(network.getUpdater()
                            .getStateViewArray()
                            .dup()
                            .data()
                            .asDouble());
            assertThat(read.getLayerWiseConfigurations().toJson())
                    .isEqualTo(network.getLayerWiseConfigurations().toJson());
        }
    }

    @Test
    void dl4jReadsTheFileOfAGraph() throws IOException {
        ComputationGraph graph = NetworkClass.GRAPH.init(NORM.network().get());
        try (var trainer =
                GradientAccumulationTrainer.builder(graph).accumulationSteps(3).build()) {
            NORM.batches().get().forEach(trainer::accumulate);
            trainer.save(file());
        }
        ComputationGraph read = ComputationGraph.load(file().toFile(), true);
        assertThat(read.params().toDoubleVector())
                .containsExactly(graph.params().toDoubleVector());
        assertThat(read.getIterationCount()).isEqualTo(2);
    }

    @Test
    void otherTrainingsAreRefused() {
        MultiLayerNetwork network = NORM.init();
        try (var trainer = NORM.trainer(network)) {
            train(trainer, NORM.batches().get());
            trainer.save(file());
        }
        MultiLayerNetwork other = Nets.init(Nets.mlp());
        ComputationGraph graph = NetworkClass.GRAPH.init(NORM.network().get());
        MultiLayerNetwork same = NORM.init();
        assertRefused(other, NORM.trainer(other), "the configurations differ", "confs is a list of 3 in the file");
        assertRefused(
                graph, GradientAccumulationTrainer.builder(graph).build(), "its network is a", "ComputationGraph");
        assertRefused(
                same,
                GradientAccumulationTrainer.builder(same).accumulationSteps(5).build(),
                "microBatchSize is 2 in the file, whole batches here");
    }

    private <M extends org.deeplearning4j.nn.api.Model> void assertRefused(
            M network, GradientAccumulationTrainer trainer, String... words) {
        Snapshot before = Snapshot.of(network);
        try (trainer) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.restore(file()))
                    .withMessageContainingAll(words)
                    .withMessageContaining("Nothing is changed");
        }
        before.assertUnchanged(network);
    }

    @Test
    void wrongFilesAreRefused() throws IOException {
        MultiLayerNetwork network = NORM.init();
        try (var trainer = NORM.trainer(network)) {
            trainer.accumulate(NORM.batches().get().get(0));
            Snapshot before = Snapshot.of(network);
            assertThatThrownBy(() -> trainer.restore(file()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("there is no such file");
            network.save(file().toFile(), true);
            assertThatThrownBy(() -> trainer.restore(file()))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("another kind of file");
            Files.writeString(file(), "words");
            assertThatThrownBy(() -> trainer.restore(file())).hasMessageContaining("cut off");
            assertThatThrownBy(() -> trainer.save(file().resolve("below")))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("could not be saved");
            assertThatIllegalArgumentException().isThrownBy(() -> trainer.save(null));
            assertThatIllegalArgumentException().isThrownBy(() -> trainer.restore(null));
            before.assertUnchanged(network);
            assertThat(trainer.isWindowOpen()).as("the window stays").isTrue();
        }
    }

    @Test
    void closedTrainersAreRefused() {
        var trainer = NORM.trainer(NORM.init());
        trainer.close();
        assertThatIllegalStateException().isThrownBy(() -> trainer.save(file())).withMessageContaining("closed");
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.restore(file()))
                .withMessageContaining("closed");
        assertThat(file()).doesNotExist();
    }

    @Test
    void aWindowOfAnotherTrainingsStepIsNotSaved() {
        MultiLayerNetwork network = NORM.init();
        try (var trainer = NORM.trainer(network)) {
            List<DataSet> batches = NORM.batches().get();
            trainer.accumulate(batches.get(0));
            network.fit(batches.get(1));
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.save(file()))
                    .withMessageContaining("went from step 0 to step 1");
        }
        assertThat(file()).doesNotExist();
    }
}
