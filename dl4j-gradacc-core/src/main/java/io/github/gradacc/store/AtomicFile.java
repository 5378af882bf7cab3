/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apiguardian.api.API;

/** Replaces files as a whole, so that whoever opens one never sees half of it. */
@API(status = API.Status.INTERNAL)
public final class AtomicFile {

    private AtomicFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes.
         *
         * @param out takes the bytes; need not be closed
         * @throws IOException if it cannot
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes a file beside the target, and moves it there in one step; where the file system has no such step, in as
     * few as it has.
     *
     * @param target an absolute path, replaced if it exists; left alone if writing fails
     * @param content writes to a stream, which is closed afterwards
     * @throws IOException if the content or the disk fails
     */
    public static void replace(Path target, Content content) throws IOException {
        // Not Files.createTempFile, whose files nobody else may read.
        Path beside = target.resolveSibling("." + target.getFileName() + ".tmp");
        try {
            try (OutputStream out = Files.newOutputStream(beside)) {
                content.writeTo(out);
            }
            move(beside, target);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** In one step where the file system has such; what is there is replaced. */
    static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
