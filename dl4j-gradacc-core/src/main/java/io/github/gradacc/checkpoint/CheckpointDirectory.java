/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.store.SealedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of one training, named after the number of steps taken, in a directory that is locked meanwhile. */
final class CheckpointDirectory implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CheckpointDirectory.class);
    private static final Pattern NAME = Pattern.compile("step-\\d{10}\\.zip");

    private final Path directory;
    private final int keep;
    private final DirectoryLock lock;

    private CheckpointDirectory(Path directory, int keep, DirectoryLock lock) {
        this.directory = directory;
        this.keep = keep;
        this.lock = lock;
    }

    /**
     * Makes the directory if there is none, locks it, and clears away what an earlier process did not finish.
     *
     * @throws UncheckedIOException if nothing can be written there
     * @throws IllegalStateException if another training uses it
     */
    static CheckpointDirectory open(Path path, int keep) {
        try {
            Path directory = Files.createDirectories(path).toRealPath();
            CheckpointDirectory opened = new CheckpointDirectory(directory, keep, DirectoryLock.of(directory));
            try {
                opened.delete(opened.files(name -> name.endsWith(SealedFile.UNFINISHED)));
            } catch (RuntimeException e) {
                opened.close();
                throw e;
            }
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "No checkpoints can be written to the directory " + path + " (" + e
                            + "): give one that exists or can be made, and that this user may write to",
                    e);
        }
    }

    /** Returns the file for a number of steps. */
    Path file(int steps) {
        return directory.resolve(String.format(Locale.ROOT, "step-%010d.zip", steps));
    }

    /** Returns the files, the last first. */
    List<Path> newestFirst() {
        return files(name -> NAME.matcher(name).matches());
    }

    private List<Path> files(java.util.function.Predicate<String> isWanted) {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> isWanted.test(file.getFileName().toString()))
                    .filter(Files::isRegularFile)
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("The directory " + directory + " cannot be read (" + e + ")", e);
        }
    }

    /** Deletes all but the last few files. */
    void prune() {
        delete(newestFirst().stream().skip(keep).toList());
    }

    private void delete(List<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.warn("{} is no longer needed and cannot be deleted ({})", file, e.toString());
            }
        }
    }

    /** Keeps a damaged file for whoever wants to look at it, under a name by which it is not found again. */
    void setAside(Path file, String why) {
        Path aside = file.resolveSibling(file.getFileName() + ".damaged");
        try {
            Files.move(file, aside);
            log.warn("A checkpoint is damaged and set aside as {}; trying the one before it: {}", aside, why);
        } catch (IOException e) {
            log.warn("{} is damaged ({}) and cannot be renamed ({})", file, why, e.toString());
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            log.warn("The lock on {} cannot be given back ({})", directory, e.toString());
        }
    }
}
