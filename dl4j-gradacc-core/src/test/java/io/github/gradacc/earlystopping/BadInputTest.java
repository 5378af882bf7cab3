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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** What early stopping refuses, and when: arguments at once, the configuration when training starts. */
class BadInputTest {

    private final List<DataSet> batches = Batches.mlp();
    private final DataSetIterator data = iterate(batches);

    static Stream<NetworkKind<?>> kinds() {
        return NetworkKind.all();
    }

    private static <T extends Model> EarlyStoppingConfiguration.Builder<T> sound() {
        return new EarlyStoppingConfiguration.Builder<T>()
                .scoreCalculator(ScriptedScores.minimized(1, 2, 3))
                .epochTerminationConditions(new MaxEpochsTerminationCondition(2));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void nullArguments(NetworkKind<T> kind) {
        EarlyStoppingConfiguration<T> configuration = BadInputTest.<T>sound().build();
        T network = kind.network();
        UnaryOperator<GradientAccumulationTrainer.Builder> none = UnaryOperator.identity();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(null, network, data, none))
                .withMessageContaining("configuration");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, null, data, none))
                .withMessageContaining("network");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, network, (DataSetIterator) null, none))
                .withMessageContaining("iterator");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, network, (MultiDataSetIterator) null, none))
                .withMessageContaining("iterator");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, network, data, null))
                .withMessageContaining("accumulation");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void iteratorsThatCannotBeReset(NetworkKind<T> kind) {
        EarlyStoppingConfiguration<T> configuration = BadInputTest.<T>sound().build();
        DataSetIterator once = new ExistingDataSetIterator(batches.iterator());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, kind.network(), once, UnaryOperator.identity()))
                .withMessageContaining("reset()");
        MultiDataSetIterator multiOnce = new Listed(List.of()) {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean resetSupported() {
                return false;
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kind.accumulating(configuration, kind.network(), multiOnce, UnaryOperator.identity()))
                .withMessageContaining("reset()");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void incompleteConfigurations(NetworkKind<T> kind) {
        Stream.of(
                        BadInputTest.<T>sound().scoreCalculator((ScoreCalculator<?>) null),
                        new EarlyStoppingConfiguration.Builder<T>()
                                .scoreCalculator(() -> null)
                                .epochTerminationConditions(new MaxEpochsTerminationCondition(2)),
                        BadInputTest.<T>sound().modelSaver(null),
                        BadInputTest.<T>sound().evaluateEveryNEpochs(0),
                        BadInputTest.<T>sound().epochTerminationConditions())
                .forEach(configuration -> {
                    T network = kind.network();
                    Journal<T> journal = new Journal<>();
                    var trainer = kind.accumulating(configuration.build(), network, data, UnaryOperator.identity());
                    trainer.setListener(journal.listener());
                    assertThatExceptionOfType(DL4JInvalidConfigException.class).isThrownBy(trainer::fit);
                    assertThat(kind.type().iterations(network)).isZero();
                    assertThat(journal.names()).isEmpty();
                });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void listsOfConditionsMayBeMissing(NetworkKind<T> kind) {
        EarlyStoppingConfiguration<T> epochs = BadInputTest.<T>sound().build();
        epochs.setIterationTerminationConditions(null);
        var trainer = kind.accumulating(epochs, kind.network(), data, UnaryOperator.identity());
        trainer.setListener(null);
        assertThat(trainer.fit().getTotalEpochs()).isEqualTo(2);

        EarlyStoppingConfiguration<T> steps = BadInputTest.<T>sound()
                .iterationTerminationConditions(new AtStep(10))
                .build();
        steps.setEpochTerminationConditions(null);
        var other = kind.accumulating(steps, kind.network(), data, UnaryOperator.identity());
        assertThat(other.fit().getTotalEpochs()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void accumulationThatContradictsItself(NetworkKind<T> kind) {
        var trainer = kind.accumulating(
                BadInputTest.<T>sound().build(),
                kind.network(),
                data,
                builder -> builder.accumulationSteps(2).accumulationSchedule(AccumulationSchedule.constant(3)));
        assertThatIllegalStateException().isThrownBy(trainer::fit).withMessageContaining("accumulationSteps");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <T extends Model> void layerWisePretraining(NetworkKind<T> kind) {
        var trainer =
                kind.accumulating(BadInputTest.<T>sound().build(), kind.network(), data, UnaryOperator.identity());
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(trainer::pretrain)
                .withMessageContaining("pretrain");
    }
}
