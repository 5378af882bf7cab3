/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.factory.Nd4j;

/** A training that stops before some batch, as if killed there, and is run again: the same bits as undisturbed. */
class ResumeTest {

    private static final int BATCHES = 8;
    private static final int LONGEST_WINDOW = 5;

    @TempDir
    private Path directory;

    private CheckpointedTraining training(int stop, int everySteps) {
        return CheckpointedTraining.in(directory.resolve("stop" + stop)).everySteps(everySteps);
    }

    private void stopAndResume(Job job, int stop, int everySteps, int epochs, Outcome expected) {
        CheckpointedTraining training = training(stop, everySteps);
        assertThatThrownBy(() -> job.fit(training, job.data(false).failingAt(stop), epochs))
                .hasMessageContaining("as if killed");
        Shuffled rest = job.data(stop % 2 == 0);
        assertThat(Outcome.of(job.fit(training, rest, epochs)))
                .as("%s, stopped before batch %d", job, stop)
                .isEqualTo(expected);
        if (stop > BATCHES + LONGEST_WINDOW) {
            assertThat(rest.taken()).as("it did not begin anew").isLessThan(epochs * BATCHES);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void anywhere(Job job) {
        Outcome expected = job.undisturbed(2);
        IntStream.range(0, BATCHES * 2).forEach(stop -> stopAndResume(job, stop, 1 + stop % 2, 2, expected));
    }

    /** In the middle of an epoch, and, under CARRY, of a window. */
    @ParameterizedTest
    @EnumSource(names = {"DROPOUT", "CARRY", "GRAPH"})
    void atSomePlace(Job job) {
        stopAndResume(job, 19, 1, Job.EPOCHS, job.undisturbed(Job.EPOCHS));
    }

    /** {@code setLearningRate} in a listener: the rate goes on, and the state of the updater with it. */
    @Test
    void ratesThatWereSetWhileTrainingGoOn() {
        Nd4j.getRandom().setSeed(99);
        MultiLayerNetwork reference = changingRates();
        try (var trainer = GradientAccumulationTrainer.builder(reference).build()) {
            trainer.fit(Job.DROPOUT.data(false), 2);
        }
        Outcome expected = Outcome.of(reference);
        for (int stop : new int[] {3, 6, 11}) {
            CheckpointedTraining training = training(stop, 1);
            assertThatThrownBy(() ->
                            fitChangingRates(training, Job.DROPOUT.data(false).failingAt(stop)))
                    .hasMessageContaining("as if killed");
            MultiLayerNetwork resumed = fitChangingRates(training, Job.DROPOUT.data(false));
            assertThat(Outcome.of(resumed)).isEqualTo(expected);
            assertThat(resumed.getLayerWiseConfigurations().toJson())
                    .isEqualTo(reference.getLayerWiseConfigurations().toJson());
        }
    }

    private static MultiLayerNetwork fitChangingRates(CheckpointedTraining training, Shuffled data) {
        Nd4j.getRandom().setSeed(99);
        return training.fit(ResumeTest::changingRates, settings -> settings, data, 2);
    }

    private static MultiLayerNetwork changingRates() {
        MultiLayerNetwork network = Job.DROPOUT.network();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 4) {
                    network.setLearningRate(0, 0.5);
                }
            }
        });
        return network;
    }

    @Test
    void withoutAStopItIsTheSame() {
        for (Job job : new Job[] {Job.DROPOUT, Job.CARRY}) {
            Outcome expected = job.undisturbed(Job.EPOCHS);
            Path own = directory.resolve(job.name());
            assertThat(Outcome.of(job.fit(CheckpointedTraining.in(own).everySteps(2), job.data(true), Job.EPOCHS)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void afterItsEndATrainingReturnsAtOnce() {
        CheckpointedTraining training = training(0, 1000);
        Outcome trained = Outcome.of(Job.BATCH_NORM.fit(training, Job.BATCH_NORM.data(false), 2));
        Shuffled untouched = Job.BATCH_NORM.data(false);
        assertThat(Outcome.of(Job.BATCH_NORM.fit(training, untouched, 2))).isEqualTo(trained);
        assertThat(Outcome.of(Job.BATCH_NORM.fit(training, untouched, 1)))
                .as("fewer epochs than it had")
                .isEqualTo(trained);
        assertThat(untouched.taken()).isZero();
    }

    /** More epochs than before go on from the end of those. */
    @Test
    void moreEpochsGoOn() {
        CheckpointedTraining training = training(0, 1000);
        Job.CARRY.fit(training, Job.CARRY.data(false), 1);
        assertThat(Outcome.of(Job.CARRY.fit(training, Job.CARRY.data(false), Job.EPOCHS)))
                .isEqualTo(Job.CARRY.undisturbed(Job.EPOCHS));
    }

    @Test
    void timesAreWhicheverComesFirst() {
        var either = new SavingTimes(OptionalInt.of(5), Optional.of(Duration.ofNanos(100)));
        assertThat(either.areDue(4, 99)).isFalse();
        assertThat(either.areDue(5, 0)).isTrue();
        assertThat(either.areDue(0, 100)).isTrue();
        var time = new SavingTimes(OptionalInt.empty(), either.time());
        assertThat(time.areDue(100_000, 99)).isFalse();
        assertThat(SavingTimes.DEFAULT.areDue(999, Long.MAX_VALUE)).isFalse();
        assertThat(SavingTimes.DEFAULT.areDue(1000, 0)).isTrue();
    }

    @Test
    void everyTimeIsAfterASaving() throws Exception {
        Path own = directory.resolve("timed");
        Job.DROPOUT.fit(
                CheckpointedTraining.in(own).every(Duration.ofNanos(1)).keepLast(100), Job.DROPOUT.data(false), 1);
        try (var files = Files.list(own)) {
            assertThat(files).as("at 0 to 8 steps, and the lock").hasSize(10);
        }
    }

    @Test
    void theLastFewAreKept() throws Exception {
        Path own = directory.resolve("kept");
        Job.DROPOUT.fit(CheckpointedTraining.in(own).everySteps(3).keepLast(2), Job.DROPOUT.data(false), 2);
        try (var files = Files.list(own)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("step-0000000015.zip", "step-0000000016.zip", "training.lock");
        }
    }
}
