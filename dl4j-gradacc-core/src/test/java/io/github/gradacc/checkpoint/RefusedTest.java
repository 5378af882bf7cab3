/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.PartialWindow;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Sgd;

/** What a training with checkpoints does not go on with, and what it says; and damage that it survives. */
class RefusedTest {

    private static final Job JOB = Job.BATCH_NORM;

    @TempDir
    private Path directory;

    private CheckpointedTraining training() {
        return CheckpointedTraining.in(directory).everySteps(1);
    }

    private void fit(Supplier<MultiLayerNetwork> network, UnaryOperator<GradientAccumulationTrainer.Builder> settings) {
        training().fit(network, settings, JOB.data(false), 2);
    }

    private static MultiLayerNetwork mlp() {
        return Nets.init(Nets.mlp());
    }

    private void assertRefused(String... words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> fit(RefusedTest::mlp, settings -> settings.accumulationSteps(3)))
                .withMessageContainingAll(words)
                .withMessageContaining("another one")
                .withMessageContaining("Nothing is changed");
    }

    @Test
    void anotherConfigurationIsNamed() {
        fit(
                () -> Nets.init(Nets.mlp(settings -> settings.updater(new Sgd(0.1)))),
                settings -> settings.accumulationSteps(3));
        assertRefused("the configurations differ", "iupdater", "Sgd");
    }

    @Test
    void anotherSeedIsNamed() {
        fit(() -> Nets.init(Nets.mlp(settings -> settings.seed(3))), settings -> settings.accumulationSteps(3));
        assertRefused("seed is 3 in the file, 12345 here", "set a fixed seed");
    }

    @Test
    void aTimeBeyondTheClockNeverComes() {
        assertThat(new SavingTimes(OptionalInt.empty(), Optional.of(Duration.ofDays(365_000)))
                        .areDue(5, Long.MAX_VALUE))
                .isFalse();
        assertThat(new SavingTimes(OptionalInt.empty(), Optional.of(Duration.ofNanos(7))).areDue(5, 7))
                .isTrue();
    }

    @Test
    void aDirectoryOfTheNameOfACheckpointIsPassedOver() throws IOException {
        Model trained = JOB.fit(training(), JOB.data(false), 1);
        Files.createDirectory(directory.resolve("step-0000009998.zip"));
        Model again = JOB.fit(training(), JOB.data(false), 1);
        assertThat(again.params().toDoubleVector()).isEqualTo(trained.params().toDoubleVector());
    }

    @Test
    void otherSettingsAreNamed() {
        fit(RefusedTest::mlp, settings -> settings.accumulationSteps(4));
        assertRefused("accumulation", "4 batches in each window", "3 batches in each window");
    }

    @Test
    void anotherPolicyIsNamed() {
        fit(RefusedTest::mlp, settings -> settings.accumulationSteps(3).partialWindow(PartialWindow.DROP));
        assertRefused("partialWindow is DROP in the file, STEP here");
    }

    /** Beyond one worker their number changes no bit. */
    @Test
    void workersAreNotCounted() {
        fit(RefusedTest::mlp, settings -> settings.accumulationSteps(3).parallelism(2));
        fit(RefusedTest::mlp, settings -> settings.accumulationSteps(3).parallelism(3));
        assertRefused("parallelism is above 1 in the file, 1 here");
    }

    @Test
    void otherBatchesAreFoundOut() {
        assertThatThrownBy(() -> JOB.fit(training(), JOB.data(false).failingAt(12), 2))
                .hasMessageContaining("as if killed");
        Shuffled otherwise = new Shuffled(JOB.data(false).batches, 18, false);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JOB.fit(training(), otherwise, 2))
                .withMessageContaining("other batches")
                .withMessageContaining("of epoch 1")
                .withMessageContaining("fixed seed")
                .withMessageContaining("Seekable");
    }

    /** Nothing is skipped at the end of an epoch; the first batch of all is looked at in any case. */
    @Test
    void otherBatchesAreFoundOutAtTheEndOfAnEpoch() {
        JOB.fit(training(), JOB.data(false), 1);
        Shuffled otherwise = JOB.data(false);
        otherwise.batches.forEach(batch -> batch.setFeatures(batch.getFeatures().add(1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JOB.fit(training(), otherwise, 2))
                .withMessageContaining("batch 1 (the first is 1) of epoch 0 (the first is 0)");
    }

    @Test
    void fewerBatchesAreFoundOut() {
        assertThatThrownBy(() -> JOB.fit(training(), JOB.data(false).failingAt(7), 2))
                .hasMessageContaining("as if killed");
        List<org.nd4j.linalg.dataset.DataSet> few = JOB.data(false).batches.subList(0, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JOB.fit(training(), new Shuffled(few, 17, false), 2))
                .withMessageContaining("it ends before batch 6 of epoch 0");
    }

    /** An iterator that a training before has left in the middle is reset. */
    @Test
    void theSameIteratorGoesOnInTheSameProcess() {
        Shuffled data = JOB.data(false).failingAt(5);
        assertThatThrownBy(() -> JOB.fit(training(), data, 1)).hasMessageContaining("as if killed");
        Shuffled same = new Shuffled(data.batches, 17, false) {

            private static final long serialVersionUID = 1L;

            @Override
            public void reset() {
                position = 0;
            }
        };
        same.position = 5;
        assertThat(Outcome.of(JOB.fit(training(), same, 1))).isEqualTo(JOB.undisturbed(1));
    }

    @Test
    void aDamagedCheckpointIsSetAsideAndTheOneBeforeUsed() throws IOException {
        assertThatThrownBy(() -> JOB.fit(training(), JOB.data(false).failingAt(12), Job.EPOCHS))
                .hasMessageContaining("as if killed");
        List<Path> files = zips();
        flip(files.get(files.size() - 1), 1000);
        cut(files.get(files.size() - 2));
        try (LogLines log = new LogLines("io.github.gradacc.checkpoint")) {
            assertThat(Outcome.of(JOB.fit(training().everySteps(1000), JOB.data(false), Job.EPOCHS)))
                    .isEqualTo(JOB.undisturbed(Job.EPOCHS));
            assertThat(log.warnings()).hasSize(2).allMatch(line -> line.contains("damaged and set aside as"));
        }
        assertThat(files.get(files.size() - 1)
                        .resolveSibling(files.get(files.size() - 1).getFileName() + ".damaged"))
                .exists();
    }

    @Test
    void withoutAWholeCheckpointTrainingBeginsAnew() throws IOException {
        JOB.fit(training(), JOB.data(false), 1);
        for (Path file : zips()) {
            cut(file);
        }
        try (LogLines log = new LogLines("io.github.gradacc.checkpoint")) {
            assertThat(Outcome.of(JOB.fit(training(), JOB.data(false), 1))).isEqualTo(JOB.undisturbed(1));
            assertThat(log.warnings()).last().asString().contains("begins anew");
        }
    }

    private List<Path> zips() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.toString().endsWith(".zip")).sorted().toList();
        }
    }

    private static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int value = bytes.read();
            bytes.seek(at);
            bytes.write(value ^ 4);
        }
    }

    private static void cut(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(bytes.length() / 2);
        }
    }

    @Test
    void aDirectoryServesOneTrainingOfAProcess() {
        MultiLayerNetwork network = mlp();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void onEpochStart(Model model) {
                fit(RefusedTest::mlp, settings -> settings);
            }
        });
        assertThatIllegalStateException()
                .isThrownBy(() -> fit(() -> network, settings -> settings))
                .withMessageContaining(directory.getFileName().toString())
                .withMessageContaining("in use by another training");
        fit(RefusedTest::mlp, settings -> settings);
    }

    @Test
    @Tag("slow")
    void aDirectoryServesOneTrainingOfAllProcesses() throws Exception {
        try (Child child =
                Child.start(directory.resolve("log"), StoppedChild.class, Job.DROPOUT, directory, 1_000_000)) {
            child.awaitLine(KilledChild.READY);
            while (!Files.exists(directory.resolve("training.lock"))) {
                Thread.sleep(10);
            }
            Thread.sleep(200);
            assertThatIllegalStateException()
                    .isThrownBy(() -> fit(RefusedTest::mlp, settings -> settings))
                    .withMessageContaining("in use by another training");
            child.kill();
        }
        fit(RefusedTest::mlp, settings -> settings);
    }

    @Test
    void aDirectoryThatCannotBeWrittenToIsNamed() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> CheckpointedTraining.in(file.resolve("below"))
                        .fit(RefusedTest::mlp, settings -> settings, JOB.data(false), 1))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("No checkpoints can be written to the directory " + file.resolve("below"));
    }

    /** The disk fails in the middle of training: here the directory is gone. */
    @Test
    void aFailureToSaveLeavesNetworkAndCheckpoints() throws IOException {
        Path own = directory.resolve("own");
        Path moved = directory.resolve("moved");
        MultiLayerNetwork network = mlp();
        network.addListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 4) {
                    try {
                        Files.move(own, moved);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            }
        });
        CheckpointedTraining training = CheckpointedTraining.in(own).everySteps(2);
        assertThatThrownBy(() -> training.fit(() -> network, settings -> settings, JOB.data(false), 1))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("could not be saved to")
                .hasMessageContaining("The network is as it was");
        MultiLayerNetwork reference = mlp();
        try (var trainer = GradientAccumulationTrainer.builder(reference).build()) {
            JOB.data(false).batches.subList(0, network.getIterationCount()).forEach(trainer::fit);
        }
        assertThat(network.getIterationCount()).isEqualTo(6);
        assertThat(network.params()).isEqualTo(reference.params());
        MultiLayerNetwork older =
                MultiLayerNetwork.load(moved.resolve("step-0000000004.zip").toFile(), true);
        assertThat(older.getIterationCount()).isEqualTo(4);
    }

    @Test
    void unusableArgumentsAreRefused() {
        CheckpointedTraining training = training();
        Supplier<MultiLayerNetwork> net = RefusedTest::mlp;
        assertRefusedArgument(() -> CheckpointedTraining.in(null), "A directory is needed, got null");
        assertRefusedArgument(() -> training.everySteps(0), "everySteps must be at least 1, got 0");
        assertRefusedArgument(() -> training.keepLast(0), "keepLast must be at least 1, got 0");
        assertRefusedArgument(() -> training.every(Duration.ZERO), "every must be more than 0, got PT0S");
        assertRefusedArgument(() -> training.every(null), "A time is needed, got null");
        assertRefusedArgument(() -> training.fit(net, settings -> settings, null, 1), "An iterator is needed");
        assertRefusedArgument(
                () -> training.fit(net, settings -> settings, JOB.data(false), 0),
                "number of epochs must be at least 1");
        assertRefusedArgument(() -> training.fit(null, settings -> settings, JOB.data(false), 1), "A supplier");
        assertRefusedArgument(() -> training.fit(net, null, JOB.data(false), 1), "A function that sets the training");
        assertRefusedArgument(
                () -> training.fit(() -> null, settings -> settings, JOB.data(false), 1),
                "The supplier must return a network");
        assertRefusedArgument(() -> training.fit(net, settings -> null, JOB.data(false), 1), "must return the builder");
        assertRefusedArgument(
                () -> training.fit(net, settings -> GradientAccumulationTrainer.builder(mlp()), JOB.data(false), 1),
                "returned another one");
        Shuffled noReset = new Shuffled(JOB.data(false).batches, 1, false) {

            private static final long serialVersionUID = 1L;

            @Override
            public boolean resetSupported() {
                return false;
            }
        };
        assertRefusedArgument(() -> training.fit(net, settings -> settings, noReset, 2), "reset()", "one epoch");
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        training.fit(() -> new MultiLayerNetwork(Nets.mlp()), settings -> settings, JOB.data(false), 1))
                .withMessageContaining("call init() first");
        training.fit(net, settings -> settings, noReset, 1);
    }

    private static void assertRefusedArgument(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String... words) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessageContainingAll(words);
    }
}
