/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A training that stops before some batch, as if killed there, and is run again: the same bits as undisturbed. */
class ResumeTest {

    private static final int BATCHES = 8;

    @TempDir
    private Path directory;

    private CheckpointedTraining training(int stop, int everySteps) {
        return CheckpointedTraining.in(directory.resolve("stop" + stop)).everySteps(everySteps);
    }

    private void stopAndResume(Job job, int stop, int everySteps, Outcome expected) {
        CheckpointedTraining training = training(stop, everySteps);
        assertThatThrownBy(() -> job.fit(training, job.data(false).failingAt(stop), Job.EPOCHS))
                .hasMessageContaining("as if killed");
        assertThat(Outcome.of(job.fit(training, job.data(stop % 2 == 0), Job.EPOCHS)))
                .as("%s, stopped before batch %d", job, stop)
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void anywhere(Job job) {
        Outcome expected = job.undisturbed(Job.EPOCHS);
        IntStream.range(0, BATCHES * Job.EPOCHS).forEach(stop -> stopAndResume(job, stop, 1 + stop % 2, expected));
    }

    /** In the middle of an epoch, at its end, and between two checkpoints. */
    @ParameterizedTest
    @EnumSource(names = {"DROPOUT", "CARRY", "TRUNCATED_BPTT", "GRAPH"})
    void atSomePlaces(Job job) {
        Outcome expected = job.undisturbed(Job.EPOCHS);
        IntStream.of(5, 8, 13).forEach(stop -> stopAndResume(job, stop, 1, expected));
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
    void theLastFewAreKept() throws Exception {
        Path own = directory.resolve("kept");
        Job.DROPOUT.fit(CheckpointedTraining.in(own).everySteps(3).keepLast(2), Job.DROPOUT.data(false), 2);
        try (var files = Files.list(own)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("step-0000000015.zip", "step-0000000016.zip", "training.lock");
        }
    }
}
