/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.AsyncDataSetIterator;
import org.nd4j.linalg.dataset.DataSet;

/** An epoch that may end early: eight batches, three to a window, so steps 0, 1 and a partial 2. */
class FitUntilTest {

    private final List<DataSet> batches = Batches.mlp();
    private final List<DataSet> windows = Data.windows(batches, 3);
    private final MultiLayerNetwork ours = Nets.init(Nets.mlp());
    private final MultiLayerNetwork reference = ours.clone();
    private final EventLog events = new EventLog();
    private final List<StepReport> asked = new ArrayList<>();

    /** Says stop after that step, and writes down what it was asked. */
    private Predicate<StepReport> stopAt(int iteration) {
        return report -> {
            asked.add(report);
            return report.iteration() == iteration;
        };
    }

    private GradientAccumulationTrainer trainer(PartialWindow policy) {
        return GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(3)
                .microBatchSize(2)
                .partialWindow(policy)
                .build();
    }

    @Test
    void anEpochThatIsNotStoppedIsThatOfFit() {
        EventLog expected = new EventLog();
        ours.setListeners(events);
        reference.setListeners(expected);
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(trainer.fitUntil(iterate(batches), stopAt(100))).isTrue();
        }
        reference.fit(iterate(windows));
        assertSame(ours, reference, DOUBLE);
        events.assertSameAs(expected, DOUBLE);
        assertThat(asked.stream().map(StepReport::examples))
                .as("windows, the partial one too")
                .containsExactly(12L, 9L, 8L);
        assertThat(asked.get(2).score()).isEqualTo(ours.score());
    }

    @Test
    void anEpochThatIsCutShortIsNotCountedNorAnnouncedAsEnded() {
        ours.setListeners(events);
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(trainer.fitUntil(iterate(batches), stopAt(1))).isFalse();
            assertThat(trainer.isWindowOpen()).isFalse();
        }
        windows.subList(0, 2).forEach(reference::fit);
        assertSame(ours, reference, DOUBLE);
        assertThat(asked).hasSize(2);
        assertThat(ours.getEpochCount()).isZero();
        assertThat(events.events().stream().map(EventLog.Event::name))
                .contains("onEpochStart")
                .doesNotContain("onEpochEnd")
                .last()
                .isEqualTo("iterationDone 1 0");
    }

    @Test
    void aStopAtTheLastStepLeavesTheEpochComplete() {
        ours.setListeners(events);
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(trainer.fitUntil(iterate(batches), stopAt(2)))
                    .as("in a partial window")
                    .isTrue();
            assertThat(trainer.fitUntil(iterate(batches.subList(0, 6)), stopAt(4)))
                    .as("in a full window")
                    .isTrue();
        }
        reference.fit(iterate(windows));
        reference.fit(iterate(windows.subList(0, 2)));
        assertSame(ours, reference, DOUBLE);
        assertThat(asked).as("once after each step").hasSize(5);
        assertThat(events.events().stream().filter(event -> event.name().equals("onEpochEnd")))
                .hasSize(2);
    }

    @Test
    void whatIsDroppedOrCarriedIsNotAskedAbout() {
        try (var trainer = trainer(PartialWindow.DROP)) {
            assertThat(trainer.fitUntil(iterate(batches), stopAt(2))).isTrue();
            assertThat(trainer.isWindowOpen()).isFalse();
        }
        assertThat(asked).hasSize(2);
        try (var trainer = trainer(PartialWindow.CARRY)) {
            assertThat(trainer.fitUntil(iterate(batches), stopAt(4))).isTrue();
            assertThat(trainer.isWindowOpen()).isTrue();
            assertThat(trainer.fitUntil(iterate(batches), stopAt(4)))
                    .as("the carried window is the first of the next epoch")
                    .isFalse();
        }
        assertThat(asked.stream().map(StepReport::iteration)).containsExactly(0, 1, 2, 3, 4);
        assertThat(ours.getEpochCount()).isEqualTo(2);
    }

    @Test
    void multiDataSetsAndPrefetchedBatchesStopAtTheSameStep() {
        try (var trainer = trainer(PartialWindow.STEP)) {
            var multi = new Listed(batches.stream().map(DataSet::toMultiDataSet).toList());
            assertThat(trainer.fitUntil(multi, stopAt(0))).isFalse();
            assertThat(trainer.fitUntil(new AsyncDataSetIterator(iterate(batches)), stopAt(1)))
                    .isFalse();
        }
        reference.fit(windows.get(0));
        reference.fit(windows.get(0));
        assertSame(ours, reference, DOUBLE);
    }

    @Test
    void aStopThatThrowsLeavesItsStepAndTheTrainerUsable() {
        IllegalStateException broken = new IllegalStateException("broken");
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(catchThrowable(() -> trainer.fitUntil(iterate(batches), report -> {
                        throw broken;
                    })))
                    .isSameAs(broken);
            assertThat(ours.getIterationCount()).isEqualTo(1);
            trainer.fit(iterate(batches));
        }
        reference.fit(windows.get(0));
        reference.fit(iterate(windows));
        assertSame(ours, reference, DOUBLE);
    }

    @Test
    void aStopMayLookAtTheNetworkAndNotCallTheTrainer() {
        try (var trainer = trainer(PartialWindow.STEP)) {
            trainer.fitUntil(iterate(batches), report -> {
                ours.output(batches.get(0).getFeatures());
                ours.score(batches.get(7));
                return false;
            });
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fitUntil(
                            iterate(batches), report -> trainer.flush().isPresent()))
                    .withMessageContaining("within its own training");
        }
        reference.fit(iterate(windows));
        reference.fit(windows.get(0));
        assertSame(ours, reference, DOUBLE);
    }

    @Test
    void withoutAConditionItIsRefused() {
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitUntil(iterate(batches), null))
                    .withMessageContaining("fit(iterator)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitUntil(new Listed(List.of()), null))
                    .withMessageContaining("fit(iterator)");
        }
    }

    @Test
    void aWindowIsOpenBetweenItsFirstBatchAndItsStep() {
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(trainer.isWindowOpen()).isFalse();
            trainer.accumulate(batches.get(0));
            assertThat(trainer.isWindowOpen()).isTrue();
            trainer.flush();
            assertThat(trainer.isWindowOpen()).isFalse();
        }
    }

    @Test
    void aRefusalTellsTheScore() {
        batches.get(1).getFeatures().assign(Double.NaN);
        try (var trainer = trainer(PartialWindow.STEP)) {
            assertThat(catchThrowable(() -> trainer.fit(iterate(batches))))
                    .isInstanceOfSatisfying(
                            NonFiniteGradientException.class,
                            e -> assertThat(e.score()).isNaN());
        }
    }
}
