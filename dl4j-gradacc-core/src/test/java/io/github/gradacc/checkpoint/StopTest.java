/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.WatchedLoss;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.TrainingInterruptedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;

/** Trainings that are asked to stop: they are saved where they are, and go on from there. */
class StopTest {

    private static final int INTERRUPT = 130;
    private static final int TERMINATION = 143;

    @TempDir
    private Path directory;

    private static CheckpointedTraining never(Path own) {
        return CheckpointedTraining.in(own).everySteps(1_000_000);
    }

    /** Interrupts its own thread before the passes over a batch are made. */
    private static final class Interrupting extends Shuffled {

        private static final long serialVersionUID = 1L;

        private final int batch;

        Interrupting(Shuffled like, int batch) {
            super(like.batches, 17, false);
            this.batch = batch;
        }

        @Override
        public DataSet next() {
            if (taken() == batch) {
                Thread.currentThread().interrupt();
            }
            return super.next();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DROPOUT", "NOISE", "TRUNCATED_BPTT"})
    void anInterruptInAWindowSavesTheLastStep(Job job) throws IOException {
        Outcome expected = job.undisturbed(Job.EPOCHS);
        for (int batch : new int[] {3, 8, 13}) {
            Path own = directory.resolve("at" + batch);
            Interrupting data = new Interrupting(job.data(false), batch);
            assertThatThrownBy(() -> job.fit(never(own), data, Job.EPOCHS))
                    .isInstanceOf(TrainingInterruptedException.class)
                    .hasMessageContaining("is saved")
                    .hasMessageContaining("run it again");
            assertThat(Thread.interrupted()).as("the status stays").isTrue();
            assertThat(checkpoints(own)).as("after batch %d", batch).hasSize(1);
            assertThat(Outcome.of(job.fit(never(own), job.data(false), Job.EPOCHS)))
                    .as("%s, interrupted at batch %d", job, batch)
                    .isEqualTo(expected);
        }
    }

    private static MultiLayerNetwork watched() {
        return Nets.init(Nets.of(
                InputType.feedForward(4),
                Nets.dense(6),
                new OutputLayer.Builder(new WatchedLoss())
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
    }

    /** Seen between two batches, an interrupt saves everything, the open window included. */
    @Test
    void anInterruptBetweenBatchesSavesTheOpenWindow() throws IOException {
        AtomicInteger passes = new AtomicInteger();
        WatchedLoss.watchScores(labels -> {
            if (passes.incrementAndGet() == 5) {
                Thread.currentThread().interrupt();
            }
        });
        CheckpointedTraining training = never(directory);
        List<DataSet> batches = Job.CARRY.data(false).batches;
        try {
            assertThatThrownBy(() -> training.fit(
                            StopTest::watched,
                            settings -> settings.accumulationSteps(3),
                            new Shuffled(batches, 17, false),
                            1))
                    .isInstanceOf(TrainingInterruptedException.class)
                    .hasMessageContaining("saved at step 1, batch 5 of epoch 0");
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            WatchedLoss.watchScores(labels -> {});
        }
        Shuffled rest = new Shuffled(batches, 17, false);
        MultiLayerNetwork resumed = training.fit(StopTest::watched, settings -> settings.accumulationSteps(3), rest, 1);
        MultiLayerNetwork reference = watched();
        try (var trainer = GradientAccumulationTrainer.builder(reference)
                .accumulationSteps(3)
                .build()) {
            trainer.fit(new Shuffled(batches, 17, false));
        }
        assertThat(resumed.params().toDoubleVector())
                .containsExactly(reference.params().toDoubleVector());
    }

    /** A window that was carried over is lost; there was no checkpoint, so training begins anew. */
    @Test
    void anInterruptInACarriedWindowKeepsWhatWasSaved() throws IOException {
        Outcome expected = Job.CARRY.undisturbed(Job.EPOCHS);
        assertThatThrownBy(
                        () -> Job.CARRY.fit(never(directory), new Interrupting(Job.CARRY.data(false), 8), Job.EPOCHS))
                .isInstanceOf(TrainingInterruptedException.class)
                .hasMessageContaining("last checkpoint");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(checkpoints(directory)).isEmpty();
        assertThat(Outcome.of(Job.CARRY.fit(never(directory), Job.CARRY.data(false), Job.EPOCHS)))
                .isEqualTo(expected);
    }

    /** Ctrl-C: the process saves, in the middle of a window or not, and ends. */
    @Test
    @Tag("slow")
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void ctrlCSavesAndEnds() throws Exception {
        assumeFalse(isInterruptIgnored(), "started where SIGINT is ignored, as shells do in the background");
        assertSavedAndEnded(
                INTERRUPT,
                process -> new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                        .start()
                        .waitFor());
    }

    /** Every process inherits that from the one that starts it, and Java then leaves it so. */
    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow();
        return (Long.parseUnsignedLong(
                                ignored.substring(ignored.indexOf(':') + 1).strip(), 16)
                        & 0b10)
                != 0;
    }

    /** SIGTERM, as schedulers and containers send it before they kill. */
    @Test
    @Tag("slow")
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void sigtermSavesAndEnds() throws Exception {
        assertSavedAndEnded(TERMINATION, Process::destroy);
    }

    /** Asks a process to end. */
    @FunctionalInterface
    private interface Ending {
        void end(Process process) throws Exception;
    }

    private void assertSavedAndEnded(int status, Ending ending) throws Exception {
        Job job = Job.CARRY;
        int epochs = 150;
        Path own = directory.resolve("checkpoints");
        try (Child child = Child.start(directory.resolve("log"), StoppedChild.class, job, own, epochs)) {
            child.awaitLine(KilledChild.READY);
            assertThat(child.process().waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
            ending.end(child.process());
            assertThat(child.process().waitFor()).isEqualTo(status);
        }
        assertThat(checkpoints(own)).hasSize(1);
        assertThat(checkpoints(own).get(0).getFileName())
                .as("three batches to a step, eight to an epoch: it did not train to its end before it ended")
                .asString()
                .isLessThan("step-0000000400.zip");
        assertThat(Outcome.of(job.fit(never(own), job.data(false), epochs))).isEqualTo(job.undisturbed(epochs));
    }

    /** The training thread goes on meanwhile, to its next batch, and saves there. */
    @Test
    @Tag("slow")
    void anExitOfAnotherThreadSaves() throws Exception {
        assertThat(assertGoesOnAfterExit(ExitingChild.Where.ANOTHER_THREAD).getFileName())
                .as("not at the end of its eight batches in each of 150 epochs")
                .asString()
                .isLessThan("step-0000001200.zip");
    }

    /** A listener that exits never returns to the training, which therefore is not waited for, and not saved. */
    @Test
    @Tag("slow")
    void anExitOfAListenerLeavesTheCheckpointBefore() throws Exception {
        assertThat(assertGoesOnAfterExit(ExitingChild.Where.LISTENER)).hasFileName("step-0000000005.zip");
    }

    /** Returns the checkpoint from which it went on. */
    private Path assertGoesOnAfterExit(ExitingChild.Where where) throws Exception {
        Path own = directory.resolve("checkpoints");
        try (Child child = Child.start(directory.resolve("log"), ExitingChild.class, where, own)) {
            child.awaitLine(ExitingChild.EXITING);
            assertThat(child.process().waitFor(StopSignal.PATIENCE_SECONDS / 2, TimeUnit.SECONDS))
                    .as("it ends long before patience does")
                    .isTrue();
            assertThat(child.process().exitValue()).isEqualTo(ExitingChild.STATUS);
        }
        List<Path> left = checkpoints(own);
        assertThat(left).hasSize(1);
        Job job = ExitingChild.JOB;
        assertThat(Outcome.of(job.fit(where.training(own), job.data(false), ExitingChild.EPOCHS)))
                .isEqualTo(job.undisturbed(ExitingChild.EPOCHS));
        return left.get(0);
    }

    private static List<Path> checkpoints(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".zip")).toList();
        }
    }
}
