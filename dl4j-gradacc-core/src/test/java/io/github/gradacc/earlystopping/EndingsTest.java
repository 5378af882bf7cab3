/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.NonFiniteGradientException;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.PartialWindow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.EarlyStoppingResult.TerminationReason;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.termination.InvalidScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.IterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxScoreIterationTerminationCondition;
import org.deeplearning4j.earlystopping.termination.MaxTimeIterationTerminationCondition;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;

/** How runs end that do not end well, and where we differ from DL4J on purpose. */
class EndingsTest {

    private final List<DataSet> batches = Batches.mlp();

    private static GradientAccumulationTrainer.Builder threeBatches(GradientAccumulationTrainer.Builder builder) {
        return builder.accumulationSteps(3);
    }

    /** Scores 9, 8, 7, ...: each epoch is the best. */
    private static <T extends Model> EarlyStoppingConfiguration.Builder<T> improving() {
        return new EarlyStoppingConfiguration.Builder<T>()
                .scoreCalculator(ScriptedScores.minimized(9, 8, 7, 6, 5, 4, 3, 2, 1));
    }

    private static <T extends Model> EarlyStoppingConfiguration.Builder<T> epochs(int number) {
        return EndingsTest.<T>improving().epochTerminationConditions(new MaxEpochsTerminationCondition(number));
    }

    private <T extends Model> EarlyStoppingResult<T> fit(
            Trainers<T> trainers, EarlyStoppingConfiguration<T> configuration, T network) {
        return trainers.ours()
                .make(configuration, network, iterate(batches), EndingsTest::threeBatches)
                .fit();
    }

    private <T extends Model> EarlyStoppingResult<T> fit(
            Trainers<T> trainers, EarlyStoppingConfiguration<T> configuration) {
        return fit(trainers, configuration, trainers.network());
    }

    /** DL4J sets the counter to the number of the run's epoch and never counts the last one. */
    @TrainersOfEachClass
    <T extends Model> void epochsAreCountedAsFitCountsThem(Trainers<T> trainers) {
        T ours = trainers.network();
        trainers.type().setEpochs(ours, 5);
        EarlyStoppingResult<T> result = fit(trainers, EndingsTest.<T>epochs(3).build(), ours);
        assertThat(trainers.type().epochs(ours)).isEqualTo(8);
        assertThat(result.getTotalEpochs()).isEqualTo(3);
        assertThat(result.getScoreVsEpoch()).containsOnlyKeys(0, 1, 2);

        T theirs = trainers.network();
        trainers.type().setEpochs(theirs, 5);
        trainers.theirs()
                .make(EndingsTest.<T>epochs(3).build(), theirs, iterate(batches))
                .fit();
        assertThat(trainers.type().epochs(theirs)).isEqualTo(2);
    }

    @TrainersOfEachClass
    <T extends Model> void anEpochThatWasCutShortIsNotCounted(Trainers<T> trainers) {
        T inTheMiddle = trainers.network();
        fit(
                trainers,
                EndingsTest.<T>improving()
                        .iterationTerminationConditions(new AtStep(5))
                        .build(),
                inTheMiddle);
        assertThat(trainers.type().epochs(inTheMiddle)).isEqualTo(1);

        T atTheEnd = trainers.network();
        fit(
                trainers,
                EndingsTest.<T>improving()
                        .iterationTerminationConditions(new AtStep(6))
                        .build(),
                atTheEnd);
        assertThat(trainers.type().epochs(atTheEnd)).isEqualTo(2);
    }

    /** DL4J asks the copy in the saver for its score(), which copies do not keep. */
    @TrainersOfEachClass
    <T extends Model> void theBestScoreIsTheCalculators(Trainers<T> trainers) {
        EarlyStoppingResult<T> ours = fit(trainers, EndingsTest.<T>epochs(2).build());
        assertThat(ours.getBestModelScore()).isEqualTo(8);
        assertThat(ours.getScoreVsEpoch()).containsEntry(ours.getBestModelEpoch(), 8.0);
        EarlyStoppingResult<T> theirs = trainers.theirs()
                .make(EndingsTest.<T>epochs(2).build(), trainers.network(), iterate(batches))
                .fit();
        assertThat(theirs.getBestModelScore()).isZero();
    }

    /** DL4J fails with a NullPointerException. */
    @TrainersOfEachClass
    <T extends Model> void withoutAScoreThereIsNoBestModel(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>improving()
                .saveLastModel(true)
                .iterationTerminationConditions(new AtStep(2))
                .build();
        Journal<T> journal = new Journal<>();
        T network = trainers.network();
        var trainer = trainers.ours().make(configuration, network, iterate(batches), EndingsTest::threeBatches);
        trainer.setListener(journal.listener());
        EarlyStoppingResult<T> result = trainer.fit();
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.IterationTerminationCondition);
        assertThat(result.getTerminationDetails()).isEqualTo("AtStep(2)");
        assertThat(result.getBestModel()).isNull();
        assertThat(result.getBestModelEpoch()).isEqualTo(-1);
        assertThat(result.getBestModelScore()).isNaN();
        assertThat(result.getTotalEpochs()).isZero();
        assertThat(journal.names()).containsExactly("onStart", "onCompletion IterationTerminationCondition");
        assertThat(latest(configuration).params()).isEqualTo(network.params());

        var reference = trainers.theirs().make(configuration, trainers.network(), iterate(batches));
        assertThatNullPointerException().isThrownBy(reference::fit);
    }

    private static <T extends Model> T latest(EarlyStoppingConfiguration<T> configuration) {
        try {
            return configuration.getModelSaver().getLatestModel();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TrainersOfEachClass
    <T extends Model> void timeMayBeUpAtTheFirstStep(Trainers<T> trainers) {
        MaxTimeIterationTerminationCondition time = new MaxTimeIterationTerminationCondition(1, TimeUnit.NANOSECONDS);
        T network = trainers.network();
        EarlyStoppingResult<T> result = fit(
                trainers,
                EndingsTest.<T>improving().iterationTerminationConditions(time).build(),
                network);
        assertThat(result.getTerminationDetails()).isEqualTo(time.toString());
        assertThat(trainers.type().iterations(network)).isEqualTo(1);
    }

    /** The model of an earlier run, perhaps of another network, is not the best of this one. */
    @TrainersOfEachClass
    <T extends Model> void whatASaverKeepsFromAnotherRunIsNotTheBestModel(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> first = EndingsTest.<T>epochs(1).build();
        fit(trainers, first);
        EarlyStoppingConfiguration<T> second = EndingsTest.<T>improving()
                .modelSaver(first.getModelSaver())
                .iterationTerminationConditions(new AtStep(1))
                .build();
        assertThat(fit(trainers, second).getBestModel()).isNull();
    }

    @TrainersOfEachClass
    <T extends Model> void eachCallIsARunOfItsOwn(Trainers<T> trainers) {
        T network = trainers.network();
        EarlyStoppingConfiguration<T> configuration = new EarlyStoppingConfiguration.Builder<T>()
                .scoreCalculator(ScriptedScores.minimized(1, 2, 4, 3))
                .epochTerminationConditions(new MaxEpochsTerminationCondition(2))
                .build();
        var trainer = trainers.ours().make(configuration, network, iterate(batches), EndingsTest::threeBatches);
        assertThat(trainer.fit().getBestModelScore()).isEqualTo(1);
        EarlyStoppingResult<T> second = trainer.fit();
        assertThat(second.getBestModelScore()).isEqualTo(3);
        assertThat(second.getBestModelEpoch()).isEqualTo(1);
        assertThat(second.getScoreVsEpoch()).containsOnlyKeys(0, 1);
        assertThat(trainers.type().epochs(network)).isEqualTo(4);
    }

    /** Yields its batches, and in one epoch fails at the second. */
    private static final class FailsInEpoch extends ExistingDataSetIterator {

        private final transient int failing;
        private transient int epoch = -1;
        private transient int position;

        FailsInEpoch(int failing, List<DataSet> batches) {
            super(batches);
            this.failing = failing;
        }

        @Override
        public void reset() {
            super.reset();
            epoch++;
            position = 0;
        }

        @Override
        public DataSet next() {
            if (epoch == failing && position == 1) {
                throw new UnsupportedOperationException("no more batches");
            }
            position++;
            return super.next();
        }
    }

    @TrainersOfEachClass
    <T extends Model> void aFailureEndsTrainingWithTheBestModelSoFar(Trainers<T> trainers) {
        Journal<T> ours = new Journal<>();
        Journal<T> theirs = new Journal<>();
        T network = trainers.network();
        var trainer = trainers.ours()
                .make(
                        ours.watch(EndingsTest.<T>epochs(5).build()),
                        network,
                        new FailsInEpoch(2, batches),
                        EndingsTest::threeBatches);
        trainer.setListener(ours.listener());
        var reference = trainers.theirs()
                .make(
                        theirs.watch(EndingsTest.<T>epochs(5).build()),
                        trainers.network(),
                        new FailsInEpoch(2, Data.windows(batches, 3)));
        reference.setListener(theirs.listener());

        EarlyStoppingResult<T> result = trainer.fit();
        EarlyStoppingResult<T> wanted = reference.fit();
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.Error);
        assertThat(wanted.getTerminationReason()).isEqualTo(TerminationReason.Error);
        assertThat(result.getTerminationDetails())
                .isEqualTo(wanted.getTerminationDetails())
                .contains("no more batches");
        assertThat(result.getScoreVsEpoch()).isEqualTo(wanted.getScoreVsEpoch());
        assertThat(result.getBestModelEpoch()).isEqualTo(1).isEqualTo(wanted.getBestModelEpoch());
        assertThat(result.getTotalEpochs()).isEqualTo(2).isEqualTo(wanted.getTotalEpochs());
        assertThat(result.getBestModel().params()).isEqualTo(network.params());
        ours.assertSameAs(theirs);
        assertThat(ours.names()).noneMatch(name -> name.startsWith("onCompletion"));
    }

    @TrainersOfEachClass
    <T extends Model> void aFailureBeforeTheFirstScoreIsThrown(Trainers<T> trainers) {
        var trainer = trainers.ours()
                .make(
                        EndingsTest.<T>epochs(5).build(),
                        trainers.network(),
                        new FailsInEpoch(0, batches),
                        EndingsTest::threeBatches);
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(trainer::fit)
                .withMessage("no more batches");
    }

    @TrainersOfEachClass
    <T extends Model> void aFailureIsThrownIfTheBestModelCannotBeLoaded(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration =
                EndingsTest.<T>epochs(5).modelSaver(new Unreadable<>()).build();
        var trainer = trainers.ours()
                .make(configuration, trainers.network(), new FailsInEpoch(2, batches), EndingsTest::threeBatches);
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(trainer::fit)
                .withMessage("no more batches")
                .satisfies(e -> assertThat(e.getSuppressed()).singleElement().isInstanceOf(IOException.class));
    }

    /** Saves and does not give back. */
    private static final class Unreadable<T extends Model> extends InMemoryModelSaver<T> {
        @Override
        public T getBestModel() throws IOException {
            throw new IOException("unreadable");
        }
    }

    /** Cannot save what it is told. */
    private static final class Full<T extends Model> extends InMemoryModelSaver<T> {

        private final boolean best;

        Full(boolean best) {
            this.best = best;
        }

        @Override
        public void saveBestModel(T network, double score) throws IOException {
            if (best) {
                throw new IOException("full");
            }
            super.saveBestModel(network, score);
        }

        @Override
        public void saveLatestModel(T network, double score) throws IOException {
            throw new IOException("full");
        }
    }

    @TrainersOfEachClass
    <T extends Model> void failuresOfSaversAreThrown(Trainers<T> trainers) {
        for (InMemoryModelSaver<T> saver :
                List.<InMemoryModelSaver<T>>of(new Unreadable<>(), new Full<>(true), new Full<>(false))) {
            EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>epochs(2)
                    .saveLastModel(true)
                    .modelSaver(saver)
                    .build();
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> fit(trainers, configuration))
                    .withMessageContaining("could not be")
                    .withCauseInstanceOf(IOException.class);
        }
        EarlyStoppingConfiguration<T> cutShort = EndingsTest.<T>improving()
                .saveLastModel(true)
                .modelSaver(new Full<>(false))
                .iterationTerminationConditions(new AtStep(1))
                .build();
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> fit(trainers, cutShort));
    }

    /** Fails when it is asked for the fifth time. */
    private static final class Broken implements IterationTerminationCondition {

        private static final long serialVersionUID = 1L;

        private int asked;

        @Override
        public void initialize() {
            asked = 0;
        }

        @Override
        public boolean terminate(double score) {
            asked++;
            if (asked == 5) {
                throw new ArithmeticException("broken condition");
            }
            return false;
        }
    }

    @TrainersOfEachClass
    <T extends Model> void failuresOfConditionsAndCalculatorsAreThrown(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> condition = EndingsTest.<T>epochs(3)
                .iterationTerminationConditions(new Broken())
                .build();
        T network = trainers.network();
        assertThat(catchThrowable(() -> fit(trainers, condition, network)))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("broken condition");
        assertThat(trainers.type().iterations(network)).isEqualTo(5);

        EarlyStoppingConfiguration<T> calculator = EndingsTest.<T>epochs(3)
                .scoreCalculator(ScriptedScores.minimized(1))
                .build();
        assertThatExceptionOfType(ArrayIndexOutOfBoundsException.class).isThrownBy(() -> fit(trainers, calculator));
    }

    /** A finite score over a broken gradient is no invalid score; the refusal itself is what went wrong. */
    @TrainersOfEachClass
    <T extends Model> void aRefusedStepThatNoConditionAsksForIsAFailure(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>epochs(3)
                .scoreCalculator(new ScoredBy<>(network -> {
                    batches.get(0).getFeatures().assign(Double.NaN);
                    return 1;
                }))
                .iterationTerminationConditions(new AtStep(100))
                .build();
        EarlyStoppingResult<T> result = fit(trainers, configuration);
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.Error);
        assertThat(result.getTerminationDetails()).contains("NonFiniteGradientException", "step 3");
    }

    /** A score that was not stepped on is no reason to end well, though a condition would hold for it. */
    @TrainersOfEachClass
    <T extends Model> void aRefusedStepWithAFiniteScoreIsAFailure(Trainers<T> trainers) {
        T network = trainers.type()
                .init(Nets.of(
                        InputType.feedForward(4),
                        new OutputLayer.Builder(new BrokenGradient())
                                .nOut(3)
                                .activation(Activation.IDENTITY)
                                .build()));
        batches.get(1).getLabels().assign(Double.NaN);
        MaxScoreIterationTerminationCondition condition = new MaxScoreIterationTerminationCondition(0.1);
        EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>improving()
                .iterationTerminationConditions(condition)
                .build();
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> fit(trainers, configuration, network))
                .satisfies(e -> assertThat(e.microBatch()).isEqualTo(1))
                .satisfies(e -> assertThat(condition.terminate(e.score())).isTrue());
        assertThat(trainers.type().iterations(network)).isZero();
    }

    @TrainersOfEachClass
    <T extends Model> void anInvalidScoreInTheFirstEpochEndsTraining(Trainers<T> trainers) {
        batches.get(4).getFeatures().assign(Double.NaN);
        T network = trainers.network();
        EarlyStoppingResult<T> result = fit(
                trainers,
                EndingsTest.<T>epochs(3)
                        .iterationTerminationConditions(new InvalidScoreIterationTerminationCondition())
                        .build(),
                network);
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.IterationTerminationCondition);
        assertThat(result.getBestModel()).isNull();
        assertThat(trainers.type().iterations(network)).isEqualTo(1);
    }

    /** What was skipped has no score to stop by, and training goes on. */
    @TrainersOfEachClass
    <T extends Model> void aSkippedStepIsNoReasonToStop(Trainers<T> trainers) {
        batches.get(4).getFeatures().assign(Double.NaN);
        T network = trainers.network();
        EarlyStoppingResult<T> result = trainers.ours()
                .make(
                        EndingsTest.<T>epochs(3)
                                .iterationTerminationConditions(new InvalidScoreIterationTerminationCondition())
                                .build(),
                        network,
                        iterate(batches),
                        builder -> threeBatches(builder).nonFinite(NonFinitePolicy.SKIP_STEP))
                .fit();
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.EpochTerminationCondition);
        assertThat(trainers.type().iterations(network)).isEqualTo(3 * 2);
    }

    @TrainersOfEachClass
    <T extends Model> void anInterruptEndsTrainingWithTheBestModelSoFar(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>epochs(3)
                .scoreCalculator(new ScoredBy<>(network -> {
                    Thread.currentThread().interrupt();
                    return 1;
                }))
                .build();
        EarlyStoppingResult<T> result = fit(trainers, configuration);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(result.getTerminationReason()).isEqualTo(TerminationReason.Error);
        assertThat(result.getTerminationDetails()).contains("TrainingInterruptedException");
        assertThat(result.getBestModel()).isNotNull();
    }

    @TrainersOfEachClass
    <T extends Model> void epochsWithoutStepsDoNotGoOnForever(Trainers<T> trainers) {
        UnaryOperator<GradientAccumulationTrainer.Builder> tooLong =
                builder -> builder.accumulationSteps(20).partialWindow(PartialWindow.DROP);
        EarlyStoppingConfiguration<T> configuration = EndingsTest.<T>improving()
                .iterationTerminationConditions(new AtStep(1))
                .build();
        T network = trainers.network();
        var endless = trainers.ours().make(configuration, network, iterate(batches), tooLong);
        assertThatIllegalStateException().isThrownBy(endless::fit).withMessageContaining("took no step");

        var ending = trainers.ours().make(EndingsTest.<T>epochs(2).build(), network, iterate(batches), tooLong);
        assertThat(ending.fit().getTotalEpochs()).isEqualTo(2);
        assertThat(trainers.type().iterations(network)).isZero();

        var carrying = trainers.ours()
                .make(
                        configuration,
                        network,
                        iterate(batches),
                        builder -> builder.accumulationSteps(20).partialWindow(PartialWindow.CARRY));
        EarlyStoppingResult<T> result = carrying.fit();
        assertThat(trainers.type().iterations(network)).isEqualTo(1);
        assertThat(result.getTotalEpochs()).isEqualTo(2);
    }

    @TrainersOfEachClass
    <T extends Model> void anIteratorWithoutBatchesIsRefused(Trainers<T> trainers) {
        var trainer = trainers.ours()
                .make(
                        EndingsTest.<T>epochs(2).build(),
                        trainers.network(),
                        iterate(new ArrayList<>()),
                        EndingsTest::threeBatches);
        assertThatIllegalArgumentException().isThrownBy(trainer::fit).withMessageContaining("no batches");
    }
}
