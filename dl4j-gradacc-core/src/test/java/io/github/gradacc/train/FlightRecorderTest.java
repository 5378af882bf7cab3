/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;

/** What JDK Flight Recorder writes of a training, read back from its file. */
class FlightRecorderTest {

    private static final String STEP = "io.github.gradacc.Step";
    private static final String MICRO_BATCH = "io.github.gradacc.MicroBatch";

    @TempDir
    Path directory;

    /** What the events are compared with. */
    private static final class Told extends BaseTrainingListener implements WindowListener {
        private final List<WindowNorms> windows = new ArrayList<>();
        private final List<Double> scores = new ArrayList<>();

        @Override
        public void onWindow(Model model, WindowNorms norms) {
            windows.add(norms);
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            scores.add(model.score());
        }
    }

    private List<RecordedEvent> recorded(Runnable training, String... events) throws IOException {
        Path file = directory.resolve("training.jfr");
        try (Recording recording = new Recording()) {
            // Events of applications are recorded unless they are disabled.
            Stream.of(STEP, MICRO_BATCH).forEach(recording::disable);
            Stream.of(events).forEach(recording::enable);
            recording.start();
            training.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .sorted(Comparator.comparingInt(event -> event.getInt("iteration")))
                .toList();
    }

    @EachNetworkClass
    <T extends Model> void stepsAndMicroBatchesAreRecorded(NetworkClass<T> type) throws IOException {
        T network = type.init(Nets.mlp());
        Told told = new Told();
        network.addListeners(told);
        List<RecordedEvent> events = recorded(() -> train(type, network, 2), STEP, MICRO_BATCH);
        List<RecordedEvent> steps = of(events, STEP);
        assertThat(steps).hasSize(3);
        for (int i = 0; i < 3; i++) {
            RecordedEvent step = steps.get(i);
            WindowNorms window = told.windows.get(i);
            List<WindowNorms.MicroBatch> parts = window.microBatches();
            assertThat(step.getInt("iteration")).isEqualTo(i);
            assertThat(step.getInt("epoch")).isZero();
            assertThat(step.getInt("microBatches")).isEqualTo(parts.size());
            assertThat(step.getLong("examples")).isEqualTo(window.examples());
            assertThat(step.getDouble("score")).isEqualTo(told.scores.get(i));
            assertThat(step.getDouble("gradientNorm")).isEqualTo(window.norm());
            int number = i;
            List<RecordedEvent> passes = of(events, MICRO_BATCH).stream()
                    .filter(event -> event.getInt("iteration") == number)
                    .sorted(Comparator.comparingInt(event -> event.getInt("microBatch")))
                    .toList();
            assertThat(passes)
                    .extracting(event -> event.getInt("examples"))
                    .isEqualTo(
                            parts.stream().map(WindowNorms.MicroBatch::examples).toList());
            for (int m = 0; m < parts.size(); m++) {
                double norm = passes.get(m).getDouble("gradientNorm");
                assertClose("norm", norm, parts.get(m).norm(), DOUBLE);
            }
            double mean = passes.stream()
                    .mapToDouble(event -> event.getInt("examples") * event.getDouble("score"))
                    .sum();
            assertClose("score", mean / window.examples(), told.scores.get(i), DOUBLE);
            assertThat(passes).allSatisfy(pass -> {
                assertThat(pass.getDuration()).isPositive().isLessThan(step.getDuration());
                assertThat(pass.getStartTime()).isAfterOrEqualTo(step.getStartTime());
                assertThat(pass.getEndTime()).isBeforeOrEqualTo(step.getEndTime());
            });
        }
    }

    /** The worker is that of the thread: 0 is whoever called. */
    @EachNetworkClass
    <T extends Model> void workersAreTold(NetworkClass<T> type) throws IOException {
        T network = type.init(Nets.mlp());
        List<RecordedEvent> events = recorded(() -> train(type, network, 3), MICRO_BATCH);
        String caller = Thread.currentThread().getName();
        assertThat(of(events, STEP)).isEmpty();
        assertThat(of(events, MICRO_BATCH)).hasSize(17).allSatisfy(event -> {
            int worker = event.getInt("worker");
            String thread = event.getThread().getJavaName();
            assertThat(thread).isEqualTo(worker == 0 ? caller : "gradacc-worker-" + worker);
        });
        Set<Integer> workers = of(events, MICRO_BATCH).stream()
                .map(event -> event.getInt("worker"))
                .collect(Collectors.toSet());
        // Each of three workers is handed a ticket before the first pass of a run ends.
        assertThat(workers).containsExactlyInAnyOrder(0, 1, 2);
    }

    /** A segment is a step; the pass over sequences that have ended is none. */
    @EachNetworkClass
    <T extends Model> void eachTimeSegmentIsAStep(NetworkClass<T> type) throws IOException {
        T network = type.init(Nets.settings()
                .list()
                .layer(Nets.lstm(4))
                .layer(Nets.rnnSoftmax(3))
                .setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build());
        List<DataSet> batches = Batches.ofLengths(5, 2);
        List<RecordedEvent> events = recorded(
                () -> {
                    try (var trainer =
                            type.builder(network).accumulationSteps(2).build()) {
                        trainer.fit(iterate(batches));
                    }
                },
                STEP,
                MICRO_BATCH);
        List<RecordedEvent> steps = of(events, STEP);
        assertThat(steps).extracting(event -> event.getInt("microBatches")).containsExactly(2, 2, 2);
        for (int i = 1; i < 3; i++) {
            assertThat(steps.get(i).getStartTime())
                    .isAfterOrEqualTo(steps.get(i - 1).getEndTime());
        }
        assertThat(of(events, MICRO_BATCH))
                .extracting(event -> event.getInt("iteration"))
                .containsExactly(0, 0, 1, 2);
    }

    /** A step that is skipped is no step; its passes were made, and their norms are without the scale. */
    @EachNetworkClass
    <T extends Model> void skippedStepsLeaveNoEvent(NetworkClass<T> type) throws IOException {
        T network = type.init(Nets.mlp());
        List<DataSet> batches = Batches.mlp().subList(0, 2);
        batches.get(0).getFeatures().assign(Double.NaN);
        List<RecordedEvent> events = recorded(
                () -> {
                    try (var trainer = type.builder(network)
                            .nonFinite(NonFinitePolicy.SKIP_STEP)
                            .lossScaling(LossScaling.constant(1024))
                            .build()) {
                        trainer.fit(iterate(batches));
                    }
                },
                STEP,
                MICRO_BATCH);
        assertThat(of(events, STEP))
                .singleElement()
                .satisfies(event -> assertThat(event.getLong("examples")).isEqualTo(3))
                .satisfies(event -> assertThat(event.getDouble("gradientNorm"))
                        .isEqualTo(of(events, MICRO_BATCH).get(1).getDouble("gradientNorm")));
        assertThat(of(events, MICRO_BATCH)).hasSize(2);
    }

    /** Without a recording of them they are neither made nor measured. */
    @EachNetworkClass
    <T extends Model> void nothingIsRecordedThatWasNotAskedFor(NetworkClass<T> type) throws IOException {
        T network = type.init(Nets.mlp());
        List<RecordedEvent> events = recorded(() -> {
            train(type, network, 1);
            assertThat(new StepEvent().isEnabled()).isFalse();
        });
        assertThat(of(events, STEP)).isEmpty();
        assertThat(of(events, MICRO_BATCH)).isEmpty();
    }

    private static <T extends Model> void train(NetworkClass<T> type, T network, int workers) {
        try (var trainer = type.builder(network)
                .accumulationSteps(3)
                .microBatchSize(2)
                .parallelism(workers)
                .build()) {
            trainer.fit(iterate(Batches.mlp()));
        }
    }
}
