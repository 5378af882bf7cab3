/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Disks that take no checkpoint. Nothing here depends on permissions, which mean nothing to the superuser. */
@EnabledOnOs(OS.LINUX)
class DiskTest {

    /** Its checkpoints have 1 MB. */
    private static final Job JOB = Job.BATCH_NORM;

    private static final int EPOCHS = 2;

    /** In blocks of 512 bytes. */
    private static final int LARGEST_FILE = 512;

    @TempDir
    private Path directory;

    /** Nobody makes files in {@code /sys}. */
    @Test
    void aReadOnlyDirectoryIsNamed() {
        Shuffled untouched = JOB.data(false);
        assertThatThrownBy(() -> JOB.fit(CheckpointedTraining.in(Path.of("/sys")), untouched, EPOCHS))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("No checkpoints can be written to the directory /sys")
                .hasMessageContaining("that this user may write to");
        assertThat(untouched.taken()).isZero();
    }

    /**
     * No space is left in the middle of a checkpoint: here since the operating system lets no file of the process grow
     * larger, which the same call refuses as on a full disk. With space again, training goes on.
     */
    @Test
    @Tag("slow")
    void aFullDiskEndsTrainingAndLeavesTheCheckpointsBefore() throws Exception {
        Path own = directory.resolve(JOB.name());
        CheckpointedTraining training =
                CheckpointedTraining.in(own).everySteps(2).keepLast(2);
        assertThatThrownBy(() -> JOB.fit(training, JOB.data(false).failingAt(12), EPOCHS))
                .hasMessageContaining("as if killed");
        Map<String, Integer> before = contents(own);
        assertThat(before).containsOnlyKeys("step-0000000002.zip", "step-0000000004.zip", "training.lock");
        Path log = directory.resolve("log");
        Path outcomes = directory.resolve("outcomes");
        List<String> limited = List.of("sh", "-c", "ulimit -f " + LARGEST_FILE + "; exec \"$@\"", "limited");
        try (Child child = Child.start(limited, log, KilledChild.class, directory, outcomes, EPOCHS, JOB)) {
            child.awaitLine(KilledChild.READY);
            assertThat(child.process().waitFor()).isEqualTo(1);
        }
        assertThat(log)
                .content()
                .contains("UncheckedIOException: The training could not be saved to")
                .contains("step-0000000006.zip")
                .contains("The network is as it was");
        assertThat(contents(own)).as("the same files, and none half written").isEqualTo(before);
        assertThat(Outcome.of(JOB.fit(training, JOB.data(false), EPOCHS))).isEqualTo(JOB.undisturbed(EPOCHS));
    }

    /** Each file by its name, with a hash of its bytes. */
    private static Map<String, Integer> contents(Path own) throws IOException {
        Map<String, Integer> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(own)) {
            for (Path file : files.toList()) {
                contents.put(file.getFileName().toString(), Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return contents;
    }
}
