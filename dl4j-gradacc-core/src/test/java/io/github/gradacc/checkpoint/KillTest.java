/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.store.SealedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed at random moments, every other time while it writes a checkpoint, and run again until it ends by
 * itself: all its networks have the bits of trainings that were never disturbed. What is random is seeded, but the
 * moments also depend on the machine.
 */
@Tag("slow")
class KillTest {

    private static final int KILLS = 30;
    private static final int EPOCHS = 12;
    private static final int LONGEST_MILLIS = 1500;

    @TempDir
    private Path directory;

    private final Random random = new Random(16);
    private int killed;
    private int killedInSave;

    @Test
    void killedAtAnyMomentAndRunAgain() throws Exception {
        List<String> expected = Arrays.stream(Job.values())
                .map(job -> job.undisturbed(EPOCHS).line())
                .toList();
        for (int round = 0; killed < KILLS; round++) {
            Path outcomes = directory.resolve("outcomes" + round);
            while (!endsByItself(directory.resolve("round" + round), outcomes)) {
                killed++;
            }
            assertThat(Files.readAllLines(outcomes))
                    .as("after %d kills", killed)
                    .isEqualTo(expected);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.filter(file -> file.toString().endsWith(".damaged")))
                    .as("checkpoints that had their name before they were whole")
                    .isEmpty();
        }
        assertThat(killedInSave).as("kills while a checkpoint was written").isPositive();
    }

    /** Runs the child until it ends, or kills it if there are kills left. */
    private boolean endsByItself(Path checkpoints, Path outcomes) throws Exception {
        Path log = directory.resolve("log");
        try (Child child = Child.start(log, KilledChild.class, checkpoints, outcomes, EPOCHS)) {
            child.awaitLine(KilledChild.READY);
            if (killed >= KILLS) {
                assertThat(child.process().waitFor()).as(() -> read(log)).isZero();
                return true;
            }
            boolean ended = child.process().waitFor(random.nextInt(LONGEST_MILLIS), TimeUnit.MILLISECONDS);
            while (!ended && killed % 2 == 1 && !isSaving(checkpoints)) {
                ended = !child.process().isAlive();
            }
            child.kill();
            if (ended) {
                assertThat(child.process().exitValue()).as(() -> read(log)).isZero();
            } else if (isSaving(checkpoints)) {
                killedInSave++;
            }
            return ended;
        }
    }

    private static boolean isSaving(Path checkpoints) throws IOException {
        if (!Files.exists(checkpoints)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(checkpoints)) {
            return files.anyMatch(file -> file.toString().endsWith(SealedFile.UNFINISHED));
        } catch (java.io.UncheckedIOException e) {
            // A file was renamed meanwhile.
            return false;
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
