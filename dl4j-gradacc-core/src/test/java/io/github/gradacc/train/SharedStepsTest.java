/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.pass.NetworkBlueprint;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Shares computed by workers that know configuration and parameters alone, against training in one place. */
class SharedStepsTest {

    private static final int STEPS = 3;

    /** Sizes of the batches of each share; one share is empty. */
    private static final int[][] SHARES = {{5, 2}, {}, {1}, {4, 3, 6}};

    static Stream<Named<Supplier<MultiLayerConfiguration>>> equalToTheBigBatch() {
        return Stream.of(
                Named.of("dense", () -> Nets.mlp()),
                Named.of("L2", () -> Nets.mlp(settings -> settings.l2(0.1).weightDecay(0.01))),
                Named.of(
                        "center loss",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                Nets.dense(5),
                                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                        .nOut(3)
                                        .activation(Activation.SOFTMAX)
                                        .build())),
                Named.of(
                        "frozen",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new FrozenLayer(Nets.dense(5)),
                                Nets.dense(4),
                                Nets.softmax(3))));
    }

    static Stream<Named<Supplier<MultiLayerConfiguration>>> equalToOneTrainer() {
        return Stream.of(
                Named.of(
                        "batch norm without updater",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                Nets.dense(5),
                                new BatchNormalization.Builder()
                                        .lockGammaBeta(true)
                                        .build(),
                                Nets.softmax(3))),
                Named.of(
                        "batch norm and dropout",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new DenseLayer.Builder()
                                        .nOut(7)
                                        .dropOut(new Dropout(0.6))
                                        .build(),
                                new BatchNormalization(),
                                Nets.softmax(3))));
    }

    /** The trainer's event is that of a step on the same window. */
    @Test
    void stepsAreRecordedAsThoseOfATrainer(@TempDir Path directory) throws IOException {
        MultiLayerNetwork alone = Nets.init(Nets.mlp());
        MultiLayerNetwork shared = Nets.init(Nets.mlp());
        Training training = new Training(shared, settings(BatchNormStatistics.POOLED), NonFinitePolicy.REFUSE);
        Path file = directory.resolve("steps.jfr");
        try (Recording recording = new Recording();
                var trainer = GradientAccumulationTrainer.builder(alone).build()) {
            recording.enable(StepEvent.class);
            recording.start();
            trainer.fit(DataSet.merge(all(shares(0))));
            training.step(shares(0));
            recording.stop();
            recording.dump(file);
        }

        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getLabel().equals("Optimizer Step"))
                .toList();

        assertThat(events).hasSize(2);
        assertThat(events).extracting(event -> event.getLong("examples")).containsOnly(21L);
        for (String name : List.of("gradientNorm", "score")) {
            assertThat(events.get(0).getDouble(name)).isPositive();
            assertClose(name, events.get(1).getDouble(name), events.get(0).getDouble(name), DOUBLE);
        }
    }

    @ParameterizedTest
    @MethodSource("equalToTheBigBatch")
    void isTheStepOnTheBigBatch(Supplier<MultiLayerConfiguration> configuration) {
        MultiLayerNetwork reference = Nets.init(configuration.get());
        MultiLayerNetwork shared = Nets.init(configuration.get());
        Training training = new Training(shared, settings(BatchNormStatistics.POOLED), NonFinitePolicy.REFUSE);
        for (int step = 0; step < STEPS; step++) {
            List<List<DataSet>> shares = shares(step);
            reference.fit(DataSet.merge(all(shares)));
            StepReport report = training.step(shares);
            assertThat(report.examples()).isEqualTo(21);
            assertClose("score", shared.score(), reference.score(), DOUBLE);
        }
        assertSame(shared, reference);
        assertThat(shared.getIterationCount()).isEqualTo(STEPS);
    }

    @ParameterizedTest
    @MethodSource("equalToOneTrainer")
    void isTheStepOfOneTrainer(Supplier<MultiLayerConfiguration> configuration) {
        for (BatchNormStatistics statistics : BatchNormStatistics.values()) {
            MultiLayerNetwork reference = Nets.init(configuration.get());
            MultiLayerNetwork shared = Nets.init(configuration.get());
            Training training = new Training(shared, settings(statistics), NonFinitePolicy.REFUSE);
            try (var trainer = GradientAccumulationTrainer.builder(reference)
                    .accumulationSteps(6)
                    .microBatchSize(3)
                    .batchNormStatistics(statistics)
                    .build()) {
                for (int step = 0; step < STEPS; step++) {
                    List<List<DataSet>> shares = shares(step);
                    all(shares).forEach(trainer::accumulate);
                    training.step(shares);
                }
            }
            assertSame(shared, reference);
        }
    }

    @Test
    void aFailureNamesItsBatchAndLeavesTheNetwork() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        Training training = new Training(network, settings(BatchNormStatistics.POOLED), NonFinitePolicy.REFUSE);
        training.step(shares(0));
        Snapshot before = Snapshot.of(network);
        List<List<DataSet>> bad = shares(1);
        bad.get(3).get(1).getFeatures().putScalar(0, 0, Double.NaN);
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> training.step(bad))
                .withMessageStartingWith("Batch 1 of partition 3: ")
                .satisfies(e -> assertThat(e.microBatch()).isEqualTo(6));
        List<List<DataSet>> unfit = shares(1);
        unfit.get(2).set(0, new Data(1, DataType.DOUBLE).dataSet(2, 3, 5));
        assertThatExceptionOfType(MicroBatchException.class)
                .isThrownBy(() -> training.step(unfit))
                .withMessageStartingWith("Batch 0 of partition 2: ")
                .withMessageContaining("features [2, 5]");
        before.assertUnchanged(network);
    }

    @Test
    void badGradientsAreSkippedWhenAskedFor() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        Training training = new Training(network, settings(BatchNormStatistics.POOLED), NonFinitePolicy.SKIP_STEP);
        training.step(shares(0));
        Snapshot before = Snapshot.of(network);
        List<List<DataSet>> bad = shares(1);
        bad.get(0).get(0).getFeatures().putScalar(0, 0, Double.NaN);
        StepReport report = training.step(bad);
        assertThat(report.stepped()).isFalse();
        assertThat(report.skippedExamples()).isEqualTo(21);
        before.assertUnchanged(network);
    }

    @Test
    void refusesWhatCannotBeSharedOut() {
        MultiLayerConfiguration sequences = Nets.of(InputType.recurrent(2), Nets.lstm(3), Nets.rnnSoftmax(2))
                .clone();
        sequences.setBackpropType(org.deeplearning4j.nn.conf.BackpropType.TruncatedBPTT);
        MultiLayerNetwork network = Nets.init(sequences);
        assertThatIllegalStateException()
                .isThrownBy(() -> new Training(network, settings(BatchNormStatistics.POOLED), NonFinitePolicy.REFUSE))
                .withMessageContaining("truncated BPTT")
                .withMessageContaining("BackpropType.Standard");
        assertThatIllegalStateException()
                .isThrownBy(() -> new Training(
                        Nets.init(Nets.mlp()), settings(BatchNormStatistics.POOLED), NonFinitePolicy.SKIP_MICRO_BATCH))
                .withMessageContaining("SKIP_STEP");
    }

    private static ShareSettings settings(BatchNormStatistics statistics) {
        return new ShareSettings(3, 1, statistics, LossNormalization.EXAMPLES);
    }

    private static List<List<DataSet>> shares(int step) {
        Data data = new Data(step, DataType.DOUBLE);
        List<List<DataSet>> shares = new ArrayList<>();
        for (int[] sizes : SHARES) {
            shares.add(new ArrayList<>(IntStream.of(sizes)
                    .mapToObj(size -> data.dataSet(size, 3, 4))
                    .toList()));
        }
        return shares;
    }

    private static List<DataSet> all(List<List<DataSet>> shares) {
        return shares.stream().flatMap(List::stream).toList();
    }

    private static void assertSame(MultiLayerNetwork shared, MultiLayerNetwork reference) {
        assertClose("parameters", shared.params(), reference.params(), DOUBLE);
        assertClose(
                "updater state",
                shared.getUpdater().getStateViewArray(),
                reference.getUpdater().getStateViewArray(),
                DOUBLE);
    }

    /** What a cluster does, in one thread. */
    private static final class Training {

        private final MultiLayerNetwork network;
        private final TrainedNetwork trained;
        private final SharedSteps steps;
        private final List<ShareWorker> workers = new ArrayList<>();

        Training(MultiLayerNetwork network, ShareSettings settings, NonFinitePolicy policy) {
            this.network = network;
            StatisticsPolicy statistics = settings.statistics();
            trained = TrainedNetwork.of(network, statistics, 1);
            steps = new SharedSteps(trained, settings, List.of(), policy, 10, null);
            NetworkBlueprint blueprint = trained.blueprint();
            for (int i = 0; i < SHARES.length; i++) {
                workers.add(new ShareWorker(blueprint, RawArray.of(network.params()), settings));
            }
        }

        StepReport step(List<List<DataSet>> shares) {
            List<List<MultiDataSet>> data = shares.stream()
                    .map(share -> share.stream().map(DataSet::toMultiDataSet).toList())
                    .toList();
            ShareCount count = ShareCount.NONE;
            int[] first = new int[data.size()];
            for (int i = 0; i < first.length; i++) {
                first[i] = count.microBatches();
                for (MultiDataSet batch : data.get(i)) {
                    count = count.plus(workers.get(i).count(batch));
                }
            }
            if (steps.needsExample()) {
                steps.showExample(workers.get(0).firstExample(data.get(0).get(0)));
            }
            SharedWindow window = steps.open(count);
            List<SumState> sums = new ArrayList<>();
            Optional<ShareFailure> failure = Optional.empty();
            for (int i = 0; i < first.length; i++) {
                workers.get(i).follow(RawArray.of(network.params()), window.task());
                ShareOutcome outcome =
                        workers.get(i).sum(i, 0, first[i], data.get(i).iterator(), window.task());
                sums.add(outcome.sum());
                failure = failure.or(outcome::failure);
            }
            return steps.step(window, sums, failure);
        }
    }
}
