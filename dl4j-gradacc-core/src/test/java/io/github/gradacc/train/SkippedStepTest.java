/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import io.github.gradacc.testing.WatchedLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** {@link NonFinitePolicy#SKIP_STEP}, and what both policies of skipping have in common. */
@ExtendWith(DoubleByDefault.class)
class SkippedStepTest {

    private static final MapSchedule SCHEDULE =
            new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.01, 1, 0.02, 2, 0.005, 3, 0.04));

    /** Windows of two; the first batch of the second window and the last one of the last are bad. */
    private static List<DataSet> poisoned() {
        List<DataSet> batches = Batches.mlp();
        batches.get(2).getFeatures().putScalar(1, 1, Double.NaN);
        batches.get(7).getFeatures().putScalar(2, 0, Double.POSITIVE_INFINITY);
        return batches;
    }

    private static <T extends Model> T network(NetworkClass<T> type) {
        return type.init(
                Nets.mlp(settings -> settings.updater(new Adam(SCHEDULE)).l2(0.1)));
    }

    /** As if the windows had not been there: updater, schedules, counters, listeners. */
    @EachNetworkClass
    <T extends Model> void isTrainingWithoutTheWindow(NetworkClass<T> type) {
        List<DataSet> all = Batches.mlp();
        T reference = network(type);
        EventLog expected = new EventLog();
        reference.setListeners(expected);
        List<DataSet> good = List.of(all.get(0), all.get(1), all.get(4), all.get(5));
        type.fit(reference, iterate(Data.windows(good, 2)), 1);
        for (int workers = 1; workers <= 2; workers++) {
            T network = network(type);
            EventLog events = new EventLog();
            network.setListeners(events);
            try (var trainer = type.builder(network)
                    .accumulationSteps(2)
                    .parallelism(workers)
                    .nonFinite(NonFinitePolicy.SKIP_STEP)
                    .build()) {
                trainer.fit(iterate(poisoned()));
            }
            ExactnessCase.assertSame(network, reference, Tolerance.DOUBLE);
            events.assertSameAs(expected, Tolerance.DOUBLE);
        }
    }

    /** The rest of the batches still belong to the window. */
    @Test
    void aDroppedWindowTakesItsBatchesAndComputesThemNoMore() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                dense(5),
                new OutputLayer.Builder(new WatchedLoss())
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
        List<DataSet> batches = Batches.mlp();
        batches.get(0).getFeatures().assign(Double.NaN);
        AtomicInteger passes = new AtomicInteger();
        WatchedLoss.watch(labels -> passes.incrementAndGet());
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .nonFinite(NonFinitePolicy.SKIP_STEP)
                .build()) {
            assertThat(trainer.accumulate(batches.get(0))).isEmpty();
            assertThat(trainer.isWindowOpen()).isTrue();
            assertThat(trainer.accumulate(batches.get(1))).isEmpty();
            assertThat(trainer.accumulate(batches.get(2))).isEmpty();
            StepReport report = trainer.accumulate(batches.get(3)).orElseThrow();
            assertThat(passes).hasValue(1);
            assertThat(report)
                    .isEqualTo(new StepReport(0, 0, 0, 0, Double.NaN, Double.NaN, false, 4, 4 + 3 + 5 + 4, 1, 0));
            assertThat(trainer.isWindowOpen()).isFalse();
            trainer.accumulate(batches.get(4));
            assertThat(trainer.flush().orElseThrow().stepped()).isTrue();
        } finally {
            WatchedLoss.watch(labels -> {});
        }
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    /** Each gradient is finite in FLOAT, their sum is not. */
    @ParameterizedTest
    @EnumSource(
            value = NonFinitePolicy.class,
            names = {"SKIP_STEP", "SKIP_MICRO_BATCH"})
    void aSumThatOverflowsDropsTheWindow(NonFinitePolicy policy) {
        MultiLayerNetwork network = overflowing();
        Snapshot before = Snapshot.of(network);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(1)
                .nonFinite(policy)
                .build()) {
            StepReport report = trainer.fit(huge());
            assertThat(report.stepped()).isFalse();
            assertThat(report.skippedMicroBatches()).isEqualTo(2);
        }
        before.assertUnchanged(network);
    }

    private static MultiLayerNetwork overflowing() {
        return Nets.init(Nets.of(
                Nets.settings().dataType(DataType.FLOAT).updater(new Sgd(1e-3)),
                InputType.feedForward(2),
                new OutputLayer.Builder(new BrokenGradient())
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build()));
    }

    private static DataSet huge() {
        return new DataSet(Nd4j.ones(DataType.FLOAT, 2, 2), Nd4j.valueArrayOf(new long[] {2, 1}, 3e38f));
    }

    /** The transform makes NaN of the second window. */
    @Test
    void aGradientThatTransformsSpoilDropsTheWindow() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        List<StepReport> reports = new ArrayList<>();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .gradientTransforms(gradient -> {
                    if (reports.size() == 1) {
                        gradient.parameters().get(0).gradient().assign(Double.NaN);
                    }
                })
                .nonFinite(NonFinitePolicy.SKIP_STEP)
                .build()) {
            Batches.mlp().subList(0, 3).forEach(batch -> reports.add(trainer.fit(batch)));
        }
        assertThat(reports).extracting(StepReport::stepped).containsExactly(true, false, true);
        assertThat(reports).extracting(StepReport::iteration).containsExactly(0, 1, 1);
    }

    /** No policy trains a network whose parameters are gone. */
    @ParameterizedTest
    @EnumSource(NonFinitePolicy.class)
    void aNetworkOfNanIsRefusedAtOnce(NonFinitePolicy policy) {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        network.params().putScalar(0, Double.NaN);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .nonFinite(policy)
                .build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.fit(Batches.mlp().get(0)))
                    .withMessageContaining("Its parameters hold NaN or infinity already")
                    .withMessageContaining("go back to a saved network");
        }
        assertThat(network.getIterationCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = NonFinitePolicy.class,
            names = {"SKIP_STEP", "SKIP_MICRO_BATCH"})
    void onlySoManyInARow(NonFinitePolicy policy) {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        DataSet good = Batches.mlp().get(0);
        DataSet bad = Batches.mlp().get(1);
        bad.getFeatures().assign(Double.NaN);
        try (var lines = new LogLines("io.github.gradacc.train");
                var trainer = GradientAccumulationTrainer.builder(network)
                        .nonFinite(policy, 3)
                        .build()) {
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 3; i++) {
                    assertThat(trainer.fit(bad).stepped()).isFalse();
                }
                assertThat(trainer.fit(good).stepped()).isTrue();
            }
            // The first, second and fourth.
            assertThat(lines.warnings().stream().filter(line -> line.contains("is skipped")))
                    .hasSize(3)
                    .last()
                    .asString()
                    .contains("So far: 4");
            for (int i = 0; i < 3; i++) {
                trainer.fit(bad);
            }
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.fit(bad))
                    .withMessageContaining("More windows in a row than 3")
                    .withMessageContaining("nonFinite(policy, mostInARow)");
        }
        assertThat(network.getIterationCount()).isEqualTo(2);
    }

    @Test
    void theDefaultLimitIsTen() {
        DataSet bad = Batches.mlp().get(1);
        bad.getFeatures().assign(Double.NaN);
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .nonFinite(NonFinitePolicy.SKIP_STEP)
                .build()) {
            for (int i = 0; i < 10; i++) {
                trainer.fit(bad);
            }
            assertThatExceptionOfType(NonFiniteGradientException.class).isThrownBy(() -> trainer.fit(bad));
        }
    }

    /** Stop conditions are asked for steps, not for what was skipped; the epoch goes on and is counted. */
    @Test
    void fitUntilIsNotAskedForSkippedSteps() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        List<StepReport> asked = new ArrayList<>();
        List<DataSet> batches = poisoned();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .nonFinite(NonFinitePolicy.SKIP_STEP)
                .build()) {
            assertThat(trainer.fitUntil(iterate(batches), step -> !asked.add(step)))
                    .isTrue();
        }
        assertThat(asked).hasSize(6).allMatch(StepReport::stepped);
        assertThat(asked).extracting(StepReport::iteration).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(network.getEpochCount()).isEqualTo(1);
    }

    /** An exception of a listener ends training as everywhere else. */
    @Test
    void aListenerThatThrowsLeavesTheNetworkAlone() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        network.setListeners(new Throwing());
        Snapshot before = Snapshot.of(network);
        DataSet bad = Batches.mlp().get(1);
        bad.getFeatures().assign(Double.NaN);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .nonFinite(NonFinitePolicy.SKIP_STEP)
                .build()) {
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> trainer.fit(bad));
            assertThat(trainer.isWindowOpen()).isFalse();
        }
        before.assertUnchanged(network);
    }

    private static final class Throwing extends BaseTrainingListener implements WindowListener {
        @Override
        public void onWindow(Model model, WindowNorms norms) {
            throw new AssertionError("there is no window");
        }

        @Override
        public void onSkipped(Model model, SkippedWindow skipped) {
            throw new UnsupportedOperationException("deliberate");
        }
    }

    @Test
    void settingsAreChecked() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.nonFinite(null))
                .withMessageContaining("null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.nonFinite(NonFinitePolicy.SKIP_STEP, 0))
                .withMessageContaining("mostInARow must be at least 1, got 0");
    }
}
