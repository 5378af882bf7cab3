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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed at random moments, every other time while it writes a checkpoint, and run again until it ends by
 * itself: all its networks have the bits of trainings that were never disturbed. What is random is seeded, but the
 * moments also depend on the machine.
 */
class KillTest {

    @TempDir
    private Path directory;

    private final Random random = new Random(16);
    private int killed;
    private int killedInSave;
    private boolean afterACheckpoint;

    @Test
    @Tag("slow")
    void killedAtAnyMomentAndRunAgain() throws Exception {
        killAndRunAgain(30, 1500, 12, Job.values());
        assertThat(killedInSave).as("kills while a checkpoint was written").isPositive();
    }

    /** There is a checkpoint to go on from each time; the second kill comes while another is written, or just after. */
    @Test
    void killedTwiceAndRunAgain() throws Exception {
        afterACheckpoint = true;
        killAndRunAgain(2, 100, 12, Job.BATCH_NORM);
    }

    private void killAndRunAgain(int kills, int longestMillis, int epochs, Job... jobs) throws Exception {
        List<String> expected =
                Arrays.stream(jobs).map(job -> job.undisturbed(epochs).line()).toList();
        for (int round = 0; killed < kills; round++) {
            Path outcomes = directory.resolve("outcomes" + round);
            Path checkpoints = directory.resolve("round" + round);
            boolean ended = false;
            while (!ended) {
                int patience = killed < kills ? random.nextInt(longestMillis) : Integer.MAX_VALUE;
                ended = endsByItself(patience, checkpoints, outcomes, epochs, jobs);
                killed += ended ? 0 : 1;
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
    }

    /** Runs the child until it ends, or kills it when patience is over. */
    private boolean endsByItself(int patienceMillis, Path checkpoints, Path outcomes, int epochs, Job... jobs)
            throws Exception {
        Path log = directory.resolve("log");
        String names = Arrays.stream(jobs).map(Job::name).collect(Collectors.joining(","));
        try (Child child = Child.start(log, KilledChild.class, checkpoints, outcomes, epochs, names)) {
            child.awaitLine(KilledChild.READY);
            while (afterACheckpoint && child.process().isAlive() && !holds(checkpoints, ".zip")) {
                Thread.onSpinWait();
            }
            boolean ended = child.process().waitFor(patienceMillis, TimeUnit.MILLISECONDS);
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
        return holds(checkpoints, SealedFile.UNFINISHED);
    }

    private static boolean holds(Path checkpoints, String ending) throws IOException {
        if (!Files.exists(checkpoints)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(checkpoints)) {
            return files.anyMatch(file -> file.toString().endsWith(ending));
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
