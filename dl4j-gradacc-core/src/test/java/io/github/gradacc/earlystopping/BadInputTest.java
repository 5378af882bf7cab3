/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.train.AccumulationSchedule;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** What early stopping refuses, and when: arguments at once, the configuration when training starts. */
class BadInputTest {

    private final List<DataSet> batches = Batches.mlp();
    private final DataSetIterator data = iterate(batches);

    private static <T extends Model> EarlyStoppingConfiguration.Builder<T> sound() {
        return new EarlyStoppingConfiguration.Builder<T>()
                .scoreCalculator(ScriptedScores.minimized(1, 2, 3))
                .epochTerminationConditions(new MaxEpochsTerminationCondition(2));
    }

    @TrainersOfEachClass
    <T extends Model> void nullArguments(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration = BadInputTest.<T>sound().build();
        T network = trainers.network();
        UnaryOperator<GradientAccumulationTrainer.Builder> none = UnaryOperator.identity();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.ours().make(null, network, data, none))
                .withMessageContaining("configuration");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.ours().make(configuration, null, data, none))
                .withMessageContaining("network");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.ours().make(configuration, network, null, none))
                .withMessageContaining("iterator");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.oursOfMultiDataSets().make(configuration, network, null, none))
                .withMessageContaining("iterator");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.ours().make(configuration, network, data, null))
                .withMessageContaining("accumulation");
    }

    @TrainersOfEachClass
    <T extends Model> void iteratorsThatCannotBeReset(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> configuration = BadInputTest.<T>sound().build();
        DataSetIterator once = new ExistingDataSetIterator(batches.iterator());
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> trainers.ours().make(configuration, trainers.network(), once, UnaryOperator.identity()))
                .withMessageContaining("reset()");
        MultiDataSetIterator multiOnce = new Listed(List.of()) {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean resetSupported() {
                return false;
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainers.oursOfMultiDataSets()
                        .make(configuration, trainers.network(), multiOnce, UnaryOperator.identity()))
                .withMessageContaining("reset()");
    }

    @TrainersOfEachClass
    <T extends Model> void incompleteConfigurations(Trainers<T> trainers) {
        Stream.of(
                        BadInputTest.<T>sound().scoreCalculator((ScoreCalculator<?>) null),
                        new EarlyStoppingConfiguration.Builder<T>()
                                .scoreCalculator(() -> null)
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(2)),
                        BadInputTest.<T>sound().modelSaver(null),
                        BadInputTest.<T>sound().evaluateEveryNEpochs(0),
                        BadInputTest.<T>sound().epochTerminationConditions())
                .forEach(configuration -> {
                    T network = trainers.network();
                    Journal<T> journal = new Journal<>();
                    var trainer = trainers.ours().make(configuration.build(), network, data, UnaryOperator.identity());
                    trainer.setListener(journal.listener());
                    assertThatExceptionOfType(DL4JInvalidConfigException.class).isThrownBy(trainer::fit);
                    assertThat(trainers.type().iterations(network)).isZero();
                    assertThat(journal.names()).isEmpty();
                });
    }

    @TrainersOfEachClass
    <T extends Model> void listsOfConditionsMayBeMissing(Trainers<T> trainers) {
        EarlyStoppingConfiguration<T> epochs = BadInputTest.<T>sound().build();
        epochs.setIterationTerminationConditions(null);
        var trainer = trainers.ours().make(epochs, trainers.network(), data, UnaryOperator.identity());
        trainer.setListener(null);
        assertThat(trainer.fit().getTotalEpochs()).isEqualTo(2);

        EarlyStoppingConfiguration<T> steps = BadInputTest.<T>sound()
                .iterationTerminationConditions(new AtStep(10))
                .build();
        steps.setEpochTerminationConditions(null);
        var other = trainers.ours().make(steps, trainers.network(), data, UnaryOperator.identity());
        assertThat(other.fit().getTotalEpochs()).isEqualTo(1);
    }

    @TrainersOfEachClass
    <T extends Model> void accumulationThatContradictsItself(Trainers<T> trainers) {
        var trainer = trainers.ours()
                .make(
                        BadInputTest.<T>sound().build(),
                        trainers.network(),
                        data,
                        builder -> builder.accumulationSteps(2).accumulationSchedule(AccumulationSchedule.constant(3)));
        assertThatIllegalStateException().isThrownBy(trainer::fit).withMessageContaining("accumulationSteps");
    }

    @TrainersOfEachClass
    <T extends Model> void layerWisePretraining(Trainers<T> trainers) {
        var trainer = trainers.ours()
                .make(BadInputTest.<T>sound().build(), trainers.network(), data, UnaryOperator.identity());
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(trainer::pretrain)
                .withMessageContaining("pretrain");
    }
}
