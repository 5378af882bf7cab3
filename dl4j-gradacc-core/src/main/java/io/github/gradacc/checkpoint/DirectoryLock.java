/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a directory for one training: a lock of the operating system on a file in it, which ends with the process
 * however that ends. The file stays.
 */
final class DirectoryLock implements AutoCloseable {

    private static final String NAME = "training.lock";

    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Locks.
     *
     * @throws IllegalStateException if another training uses the directory
     * @throws IOException if no file can be written there
     */
    static DirectoryLock of(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            locked = tryLock(channel) != null;
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw inUse(directory, "process");
        }
        return new DirectoryLock(channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // By this very process.
            return null;
        }
    }

    private static IllegalStateException inUse(Path directory, String by) {
        return new IllegalStateException("The directory " + directory + " is in use by another training, of this or"
                + " another " + by + ": wait for it to end, or give each training a directory of its own");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
