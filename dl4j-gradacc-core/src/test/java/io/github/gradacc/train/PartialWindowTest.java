/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

/** The end of an epoch finds a window that is not full: eight batches, three to a window. */
class PartialWindowTest {

    private final List<DataSet> batches = Batches.mlp();
    private final MultiLayerNetwork ours = Nets.init(Nets.mlp());
    private final MultiLayerNetwork reference = ours.clone();

    @Test
    void stepTakesAStepOnWhatIsThereAndDividesByItsExamples() {
        train(PartialWindow.STEP, 3, 2);
        reference.fit(iterate(Data.windows(batches, 3)), 2);
        assertSame(ours, reference, DOUBLE);
        assertThat(ours.getIterationCount()).isEqualTo(6);
    }

    @Test
    void dropForgetsWhatIsThere() {
        train(PartialWindow.DROP, 3, 2);
        reference.fit(iterate(Data.windows(batches.subList(0, 6), 3)), 2);
        assertSame(ours, reference, DOUBLE);
        assertThat(ours.getIterationCount()).isEqualTo(4);
    }

    /** What a listener is shown of the next window holds nothing of the one that was dropped. */
    @Test
    void dropForgetsTheActivationsToo() {
        EventLog events = new EventLog();
        EventLog expected = new EventLog();
        ours.setListeners(events);
        reference.setListeners(expected);
        train(PartialWindow.DROP, 3, 2);
        reference.fit(iterate(Data.windows(batches.subList(0, 6), 3)), 2);
        events.assertSameAs(expected, DOUBLE);
    }

    @Test
    void carryFillsTheWindowInTheNextEpoch() {
        train(PartialWindow.CARRY, 3, 3);
        List<DataSet> thrice = new ArrayList<>(batches);
        thrice.addAll(batches);
        thrice.addAll(batches);
        for (DataSet window : Data.windows(thrice, 3)) {
            reference.fit(window);
        }
        for (int i = 0; i < 3; i++) {
            reference.incrementEpochCount();
        }
        assertSame(ours, reference, DOUBLE);
        assertThat(ours.getIterationCount()).isEqualTo(8);
    }

    @Test
    void whatIsCarriedAtTheEndWaitsForFlush() {
        try (var trainer = trainer(PartialWindow.CARRY, AccumulationSchedule.constant(3))) {
            trainer.fit(iterate(batches));
            assertThat(ours.getIterationCount()).isEqualTo(2);
            StepReport last = trainer.flush().orElseThrow();
            assertThat(last.examples()).isEqualTo(8);
            assertThat(last.epoch()).isEqualTo(1);
            assertThat(trainer.flush()).isEmpty();
        }
        reference.fit(iterate(Data.windows(batches, 3)));
        assertSame(ours, reference, DOUBLE);
    }

    @Test
    void whatIsCarriedSurvivesAnIteratorThatIsRefused() {
        try (var trainer = trainer(PartialWindow.CARRY, AccumulationSchedule.constant(3))) {
            trainer.fit(iterate(batches));
            assertThatIllegalArgumentException().isThrownBy(() -> trainer.fit(iterate(List.of())));
            assertThat(trainer.flush().orElseThrow().examples()).isEqualTo(8);
        }
    }

    /** The pending sum must survive whatever the owner does with the network between two epochs. */
    @Test
    void carriedGradientsSurviveOtherUseOfTheNetwork() {
        DataSet other = batches.get(0);
        try (var trainer = trainer(PartialWindow.CARRY, AccumulationSchedule.constant(3))) {
            trainer.fit(iterate(batches));
            ours.calculateGradients(other.getFeatures(), other.getLabels(), null, null);
            ours.output(other.getFeatures());
            ours.score(other);
            trainer.flush();
        }
        reference.fit(iterate(Data.windows(batches, 3)));
        assertSame(ours, reference, DOUBLE);
    }

    /** The same for a loop written by hand, whose arrays may be reused as well. */
    @Test
    void anOpenWindowSurvivesOtherUseOfTheNetworkAndOfTheArrays() {
        DataSet other = batches.get(7);
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);
        try (var trainer = trainer(PartialWindow.STEP, AccumulationSchedule.constant(3))) {
            for (DataSet batch : batches.subList(0, 2)) {
                DataSet reused = batch.copy();
                trainer.accumulate(reused);
                reused.getFeatures().assign(99);
                reused.getLabels().assign(99);
                ours.getListeners().clear();
                ours.calculateGradients(other.getFeatures(), other.getLabels(), null, null);
                ours.getListeners().add(ourEvents);
            }
            trainer.flush();
        }
        reference.fit(DataSet.merge(batches.subList(0, 2)));
        assertSame(ours, reference, DOUBLE);
        ourEvents.assertSameAs(expectedEvents, DOUBLE);
    }

    @Test
    void anEpochShorterThanAWindow() {
        train(PartialWindow.STEP, 100, 2);
        assertThat(ours.getIterationCount()).isEqualTo(2);
        train(PartialWindow.DROP, 100, 2);
        assertThat(ours.getIterationCount()).as("DROP takes no step").isEqualTo(2);
        assertThat(ours.getEpochCount()).as("but counts the epochs").isEqualTo(4);
        train(PartialWindow.CARRY, 9, 2);
        assertThat(ours.getIterationCount())
                .as("CARRY takes it in the second epoch")
                .isEqualTo(3);
    }

    @Test
    void scheduleChangesTheWindowBetweenEpochs() {
        try (var trainer = trainer(PartialWindow.STEP, AccumulationSchedule.byEpoch(Map.of(0, 4, 1, 2, 3, 8)))) {
            trainer.fit(iterate(batches), 4);
        }
        for (int k : new int[] {4, 2, 2, 8}) {
            reference.fit(iterate(Data.windows(batches, k)));
        }
        assertSame(ours, reference, DOUBLE);
        assertThat(ours.getIterationCount()).isEqualTo(2 + 4 + 4 + 1);
    }

    @Test
    void scheduleIsAskedOncePerWindowWithTheCountersOfTheNetwork() {
        List<String> asked = new ArrayList<>();
        AccumulationSchedule schedule = (iteration, epoch) -> {
            asked.add(iteration + "/" + epoch);
            return 3;
        };
        try (var trainer = trainer(PartialWindow.STEP, schedule)) {
            trainer.fit(iterate(batches), 2);
        }
        assertThat(asked).containsExactly("0/0", "1/0", "2/0", "3/1", "4/1", "5/1");
    }

    private void train(PartialWindow policy, int k, int epochs) {
        try (var trainer = trainer(policy, AccumulationSchedule.constant(k))) {
            trainer.fit(iterate(batches), epochs);
        }
    }

    private GradientAccumulationTrainer trainer(PartialWindow policy, AccumulationSchedule schedule) {
        return GradientAccumulationTrainer.builder(ours)
                .accumulationSchedule(schedule)
                .microBatchSize(2)
                .partialWindow(policy)
                .build();
    }
}
