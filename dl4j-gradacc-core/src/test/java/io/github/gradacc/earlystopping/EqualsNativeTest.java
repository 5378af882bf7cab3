/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.PartialWindow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingModelSaver;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.ClassificationScoreCalculator;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.earlystopping.termination.BestScoreEpochTerminationCondition;
import org.deeplearning4j.earlystopping.termination.InvalidScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxTimeIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.IEarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Early stopping on windows of three batches, in passes of at most two examples, does what DL4J's does on the joined
 * windows: the same calls in the same order with the same scores, the same result, the same networks.
 */
class EqualsNativeTest {

    private final List<DataSet> batches = Batches.mlp();

    /** What {@link #threeBatches} makes of them: three batches, three batches, two batches. */
    private final List<DataSet> windows = Data.windows(batches, 3);

    /**
     * A way to configure early stopping.
     *
     * @param name what it is about
     * @param updater of the network
     * @param settings of early stopping, made anew for each run
     */
    record Scenario(
            String name,
            IUpdater updater,
            Function<EarlyStoppingConfiguration.Builder<Model>, EarlyStoppingConfiguration.Builder<Model>> settings) {

        @SuppressWarnings("unchecked")
        <T extends Model> EarlyStoppingConfiguration<T> configuration() {
            EarlyStoppingConfiguration<?> configuration =
                    settings.apply(new EarlyStoppingConfiguration.Builder<>()).build();
            return (EarlyStoppingConfiguration<T>) configuration;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static GradientAccumulationTrainer.Builder threeBatches(GradientAccumulationTrainer.Builder builder) {
        return builder.accumulationSteps(3).microBatchSize(2);
    }

    private static Scenario scenario(
            String name,
            Function<EarlyStoppingConfiguration.Builder<Model>, EarlyStoppingConfiguration.Builder<Model>> settings) {
        return new Scenario(name, new Adam(0.01), settings);
    }

    private static ScoreCalculator<Model> loss() {
        return new DataSetLossCalculator(iterate(heldOut()), true);
    }

    private static List<DataSet> heldOut() {
        Data data = new Data(99, DataType.DOUBLE);
        return List.of(data.dataSet(6, 3, 4), data.dataSet(5, 3, 4));
    }

    static Stream<Arguments> scenarios() {
        Stream<Scenario> scenarios = Stream.of(
                scenario(
                        "a number of epochs",
                        early -> early.scoreCalculator(loss())
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(3))),
                scenario(
                        "no improvement; the first of equal scores is the best",
                        early -> early.scoreCalculator(ScriptedScores.minimized(5, 4, 3, 3, 4, 3))
                                .epochTerminationConditions(
                                        new MaxEpochsTerminationCondition(10),
                                        new ScoreImprovementEpochTerminationCondition(3))),
                scenario(
                        "the larger score is better",
                        early -> early.scoreCalculator(ScriptedScores.maximized(0.5, 0.7, 0.6, 0.7, 0.95, 0.9))
                                .epochTerminationConditions(new BestScoreEpochTerminationCondition(0.9))),
                scenario(
                        "accuracy",
                        early -> early.scoreCalculator(new ClassificationScoreCalculator(
                                        Evaluation.Metric.ACCURACY, iterate(heldOut())))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(4))),
                scenario(
                        "a good score",
                        early -> early.scoreCalculator(ScriptedScores.minimized(5, 4, 1, 7))
                                .epochTerminationConditions(new BestScoreEpochTerminationCondition(2))),
                scenario(
                        "a score every second epoch",
                        early -> early.scoreCalculator(loss())
                                .evaluateEveryNEpochs(2)
                                .saveLastModel(true)
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(4))),
                scenario(
                        "a new calculator for each score",
                        early -> early.scoreCalculator(EqualsNativeTest::loss)
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(2))),
                scenario(
                        "scores that are not finite",
                        early -> early.scoreCalculator(ScriptedScores.minimized(
                                        Double.POSITIVE_INFINITY, Double.NaN, 3, Double.NEGATIVE_INFINITY, 2))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(5))),
                scenario(
                        "nothing is better than a first NaN",
                        early -> early.scoreCalculator(ScriptedScores.minimized(Double.NaN, 2, 1))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(3))),
                scenario(
                        "an iteration condition in the middle of an epoch",
                        early -> early.scoreCalculator(loss())
                                .saveLastModel(true)
                                .iterationTerminationConditions(new AtStep(100), new AtStep(5), new AtStep(5))),
                scenario(
                        "an iteration condition at the last step of an epoch, in a partial window",
                        early -> early.scoreCalculator(loss())
                                .saveLastModel(true)
                                .iterationTerminationConditions(new AtStep(6))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(2))),
                scenario(
                        "an iteration condition after the first step of an epoch without a score",
                        early -> early.scoreCalculator(loss())
                                .evaluateEveryNEpochs(3)
                                .iterationTerminationConditions(new AtStep(4))),
                new Scenario(
                        "a score that grows",
                        new Sgd(-0.3),
                        early -> early.scoreCalculator(loss())
                                .iterationTerminationConditions(new MaxScoreIterationTerminationCondition(2.0))
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(100))),
                scenario("time is up", early -> {
                    // Set to end with the first score: by the clock it would not end at the same step twice.
                    MaxTimeIterationTerminationCondition time =
                            new MaxTimeIterationTerminationCondition(1, TimeUnit.DAYS);
                    return scoredBy(early, network -> {
                                time.setEndTime(0);
                                return 1;
                            })
                            .iterationTerminationConditions(time);
                }));
        return scenarios.flatMap(scenario -> Trainers.all().map(trainers -> Arguments.of(scenario, trainers)));
    }

    /** What a run leaves behind. */
    private record Run<T extends Model>(T network, EarlyStoppingResult<T> result, Journal<T> journal) {}

    private static <T extends Model> Run<T> run(
            Trainers<T> trainers,
            Scenario scenario,
            EarlyStoppingModelSaver<T> saver,
            Function<EarlyStoppingConfiguration<T>, Function<T, IEarlyStoppingTrainer<T>>> maker) {
        Journal<T> journal = new Journal<>();
        T network = trainers.network(scenario.updater());
        network.setListeners(journal.trainingListener());
        EarlyStoppingConfiguration<T> configuration = scenario.configuration();
        configuration.setModelSaver(saver);
        IEarlyStoppingTrainer<T> trainer =
                maker.apply(journal.watch(configuration)).apply(network);
        trainer.setListener(journal.listener());
        return new Run<>(network, trainer.fit(), journal);
    }

    private static <T extends Model> Run<T> onBigBatches(
            Trainers<T> trainers, Scenario scenario, List<DataSet> bigBatches) {
        return run(
                trainers,
                scenario,
                new InMemoryModelSaver<>(),
                conf -> network -> trainers.theirs().make(conf, network, iterate(bigBatches)));
    }

    private <T extends Model> Run<T> accumulating(Trainers<T> trainers, Scenario scenario) {
        return run(
                trainers,
                scenario,
                new InMemoryModelSaver<>(),
                conf -> network ->
                        trainers.ours().make(conf, network, iterate(batches), EqualsNativeTest::threeBatches));
    }

    private static <T extends Model> void assertSame(Trainers<T> trainers, Run<T> ours, Run<T> expected) {
        ours.journal().assertSameAs(expected.journal());
        assertSameNetwork(trainers, ours.network(), expected.network());
        EarlyStoppingResult<T> result = ours.result();
        EarlyStoppingResult<T> wanted = expected.result();
        assertThat(result.getTerminationReason()).isEqualTo(wanted.getTerminationReason());
        assertThat(result.getTerminationDetails()).isEqualTo(wanted.getTerminationDetails());
        assertThat(result.getTotalEpochs()).isEqualTo(wanted.getTotalEpochs());
        assertThat(result.getBestModelEpoch()).isEqualTo(wanted.getBestModelEpoch());
        assertThat(result.getScoreVsEpoch().keySet())
                .containsExactlyElementsOf(wanted.getScoreVsEpoch().keySet());
        assertSameNetwork(trainers, result.getBestModel(), wanted.getBestModel());
    }

    private static <T extends Model> void assertSameNetwork(Trainers<T> trainers, T ours, T expected) {
        assertClose("parameters", ours.params(), expected.params(), DOUBLE);
        assertClose(
                "updater state",
                trainers.type().updaterState(ours),
                trainers.type().updaterState(expected),
                DOUBLE);
        assertClose("score", ours.score(), expected.score(), DOUBLE);
        assertThat(trainers.type().iterations(ours))
                .as("iterations")
                .isEqualTo(trainers.type().iterations(expected));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("scenarios")
    <T extends Model> void allThatHappensIsWhatHappensNatively(Scenario scenario, Trainers<T> trainers) {
        Run<T> ours = accumulating(trainers, scenario);
        assertThat(trainers.type().iterations(ours.network())).as("steps").isGreaterThan(3);
        assertSame(trainers, ours, onBigBatches(trainers, scenario, windows));
    }

    private static EarlyStoppingConfiguration.Builder<Model> scoredBy(
            EarlyStoppingConfiguration.Builder<Model> early, ToDoubleFunction<Model> score) {
        return early.scoreCalculator(new ScoredBy<>(score));
    }

    private static Scenario poisonedBy(DataSet batch) {
        return scenario(
                "NaN after the first score",
                early -> scoredBy(early, network -> {
                            batch.getFeatures().assign(Double.NaN);
                            return 1;
                        })
                        .iterationTerminationConditions(new InvalidScoreIterationTerminationCondition())
                        .epochTerminationConditions(new MaxEpochsTerminationCondition(3)));
    }

    private static Scenario epochs(int number) {
        return scenario(
                "epochs",
                early -> early.scoreCalculator(loss())
                        .saveLastModel(true)
                        .epochTerminationConditions(new MaxEpochsTerminationCondition(number)));
    }

    /** From the beginning, however far the iterator was read before. */
    @TrainersOfEachClass
    <T extends Model> void multiDataSets(Trainers<T> trainers) {
        for (int read : new int[] {0, 3, batches.size()}) {
            Listed iterator =
                    new Listed(batches.stream().map(DataSet::toMultiDataSet).toList());
            for (int i = 0; i < read; i++) {
                iterator.next();
            }
            Run<T> ours = run(
                    trainers,
                    epochs(2),
                    new InMemoryModelSaver<>(),
                    conf -> network -> trainers.oursOfMultiDataSets()
                            .make(conf, network, iterator, EqualsNativeTest::threeBatches));
            assertSame(trainers, ours, onBigBatches(trainers, epochs(2), windows));
        }
    }

    @TrainersOfEachClass
    <T extends Model> void modelsInFiles(Trainers<T> trainers, @TempDir Path our, @TempDir Path expected)
            throws IOException {
        EarlyStoppingModelSaver<T> ourFiles = trainers.fileSaver().apply(our.toString());
        EarlyStoppingModelSaver<T> expectedFiles = trainers.fileSaver().apply(expected.toString());
        Run<T> ours = run(
                trainers,
                epochs(2),
                ourFiles,
                conf -> network ->
                        trainers.ours().make(conf, network, iterate(batches), EqualsNativeTest::threeBatches));
        Run<T> reference = run(
                trainers,
                epochs(2),
                expectedFiles,
                conf -> network -> trainers.theirs().make(conf, network, iterate(windows)));
        assertSame(trainers, ours, reference);
        assertSameNetwork(trainers, ourFiles.getLatestModel(), expectedFiles.getLatestModel());
        assertThat(ourFiles.getLatestModel().params()).isEqualTo(ours.network().params());
        assertThat(trainers.type().updaterState(ourFiles.getLatestModel()))
                .isEqualTo(trainers.type().updaterState(ours.network()));
    }

    @TrainersOfEachClass
    <T extends Model> void stepsAreTakenOnPartialWindowsBeforeTheScore(Trainers<T> trainers) {
        List<Integer> steps = new ArrayList<>();
        List<INDArray> parameters = new ArrayList<>();
        ScoredBy<T> calculator = new ScoredBy<>(network -> {
            steps.add(trainers.type().iterations(network));
            parameters.add(network.params().dup());
            return steps.size();
        });
        Run<T> ours = accumulating(
                trainers,
                scenario(
                        "",
                        early -> early.scoreCalculator(calculator)
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(3))));
        assertThat(steps).containsExactly(3, 6, 9);
        assertThat(ours.result().getBestModel().params()).isEqualTo(parameters.get(0));
    }

    @TrainersOfEachClass
    <T extends Model> void partialWindowsAreDroppedOnRequest(Trainers<T> trainers) {
        Run<T> ours = run(
                trainers,
                epochs(3),
                new InMemoryModelSaver<>(),
                conf -> network -> trainers.ours()
                        .make(
                                conf,
                                network,
                                iterate(batches),
                                builder -> threeBatches(builder).partialWindow(PartialWindow.DROP)));
        assertSame(trainers, ours, onBigBatches(trainers, epochs(3), windows.subList(0, 2)));
    }

    /** DL4J has nothing like it: the reference takes the steps by hand. */
    @TrainersOfEachClass
    <T extends Model> void partialWindowsAreCarriedOnRequest(Trainers<T> trainers) {
        Run<T> ours = run(
                trainers,
                epochs(3),
                new InMemoryModelSaver<>(),
                conf -> network -> trainers.ours()
                        .make(
                                conf,
                                network,
                                iterate(batches),
                                builder -> threeBatches(builder).partialWindow(PartialWindow.CARRY)));

        T reference = trainers.network();
        List<DataSet> thrice =
                Stream.of(batches, batches, batches).flatMap(List::stream).toList();
        List<Double> scores = new ArrayList<>();
        for (DataSet window : Data.windows(thrice, 3)) {
            trainers.type().fit(reference, window);
            if (List.of(2, 5, 8).contains(trainers.type().iterations(reference))) {
                scores.add(loss().calculateScore(reference));
            }
        }
        assertSameNetwork(trainers, ours.network(), reference);
        assertThat(ours.result().getScoreVsEpoch()).containsOnlyKeys(0, 1, 2);
        for (int epoch = 0; epoch < 3; epoch++) {
            assertClose(
                    "score of epoch " + epoch, ours.result().getScoreVsEpoch().get(epoch), scores.get(epoch), DOUBLE);
        }
    }

    /** Natively the NaN goes into the parameters first; here the step is refused. */
    @TrainersOfEachClass
    <T extends Model> void anInvalidScoreEndsTrainingWithTheNetworkAsAfterItsLastStep(Trainers<T> trainers) {
        Run<T> ours = run(
                trainers,
                poisonedBy(batches.get(5)),
                new InMemoryModelSaver<>(),
                conf -> network ->
                        trainers.ours().make(conf, network, iterate(batches), EqualsNativeTest::threeBatches));
        Run<T> reference = onBigBatches(trainers, poisonedBy(windows.get(1)), windows);

        assertThat(reference.network().params().isNaN().any()).isTrue();
        assertThat(trainers.type().iterations(ours.network())).isEqualTo(4);
        assertThat(ours.network().params().isNaN().any()).isFalse();
        assertThat(ours.result().getTerminationReason())
                .isEqualTo(reference.result().getTerminationReason())
                .isEqualTo(EarlyStoppingResult.TerminationReason.IterationTerminationCondition);
        assertThat(ours.result().getTerminationDetails())
                .isEqualTo(reference.result().getTerminationDetails());
        assertThat(ours.result().getTotalEpochs()).isEqualTo(reference.result().getTotalEpochs());
        assertSameNetwork(
                trainers, ours.result().getBestModel(), reference.result().getBestModel());
        assertThat(ours.journal().names())
                .containsSubsequence(
                        "network: iterationDone 3 1", "terminate? InvalidScoreIterationTerminationCondition()");
    }
}
