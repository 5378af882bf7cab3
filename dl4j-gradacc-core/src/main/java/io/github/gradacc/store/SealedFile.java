/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apiguardian.api.API;

/**
 * A zip file that is either there whole or not there, and that knows whether it is still what was written.
 *
 * <pre>
 *   write the entries, with a comment of zeros at the end, to a file beside
 *   put the checksum of all bytes but the comment in the comment's place
 *   flush the file to disk, rename it, flush the directory to disk
 * </pre>
 *
 * <p>The checksum is the SHA-256 of everything before the comment. It is computed on the way to the disk, and covers
 * what the checksums of a zip's entries leave out: names, sizes and the directory at the end. Other programs read the
 * file as any zip file.
 */
@API(status = API.Status.INTERNAL)
public final class SealedFile {

    /** What the name of a file ends with while it is being written. */
    public static final String UNFINISHED = ".unfinished";

    private static final String ALGORITHM = "SHA-256";
    private static final int SEAL = 64;
    private static final int BUFFER = 1 << 16;

    private SealedFile() {}

    /** Writes the entries of a file. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes.
         *
         * @param zip takes the entries; to be left open
         * @throws IOException if it cannot
         */
        void writeTo(ZipOutputStream zip) throws IOException;
    }

    /** Reads the entries of a file. */
    @FunctionalInterface
    public interface Reader {

        /**
         * Reads one entry.
         *
         * @param name of the entry
         * @param bytes its content; closing it does nothing
         * @throws IOException if it cannot
         */
        void read(String name, InputStream bytes) throws IOException;
    }

    /**
     * Writes a file, in place of one of this name. If that fails, there is what was there before. An interrupt of the
     * calling thread does not disturb it, and stays.
     *
     * @param file where to; its directory must exist
     * @param content what to write, not compressed unless it says so
     * @throws IOException if the content or the disk fails
     */
    public static void write(Path file, Content content) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path beside = absolute.resolveSibling(absolute.getFileName() + UNFINISHED);
        boolean done = false;
        try {
            writeAndFlush(beside, content);
            AtomicFile.move(beside, absolute);
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(beside);
            }
        }
        flushDirectory(Objects.requireNonNull(absolute.getParent(), "a file is in a directory"));
    }

    /** Through a plain stream, since an interrupt closes a channel. */
    private static void writeAndFlush(Path file, Content content) throws IOException {
        Files.deleteIfExists(file);
        MessageDigest digest = newDigest();
        try (RandomAccessFile whole = new RandomAccessFile(file.toFile(), "rw")) {
            OutputStream disk = new FileOutputStream(whole.getFD());
            OutputStream digested = new BufferedOutputStream(new DigestOutputStream(disk, digest), BUFFER);
            ZipOutputStream zip = new ZipOutputStream(digested);
            zip.setLevel(Deflater.NO_COMPRESSION);
            zip.setComment("0".repeat(SEAL));
            content.writeTo(zip);
            zip.finish();
            digested.flush();
            whole.seek(whole.length() - SEAL);
            whole.write(seal(digest));
            whole.getFD().sync();
        }
    }

    /** Makes the new name durable, where directories can be opened (not on Windows). */
    private static void flushDirectory(Path directory) {
        boolean interrupted = Thread.interrupted();
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            interrupted = true;
            flushDirectory(directory);
        } catch (IOException e) {
            // The file itself is on disk; its name will follow.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Reads a file that {@link #write} wrote. Its checksum is compared before anything is read from it.
     *
     * @param file the file
     * @param reader gets each entry, in the order in which they were written
     * @throws DamagedFileException if it is not what was written
     * @throws IOException if the disk or the reader fails
     */
    public static void read(Path file, Reader reader) throws IOException {
        requireSeal(file);
        try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                reader.read(entry.getName(), new KeptOpen(zip));
            }
        }
    }

    private static void requireSeal(Path file) throws IOException {
        long length = Files.size(file);
        if (length < SEAL) {
            throw new DamagedFileException(file + " is cut off: it has " + length + " bytes");
        }
        MessageDigest digest = newDigest();
        byte[] found;
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER];
            long left = length - SEAL;
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(BUFFER, left));
                if (read < 0) {
                    throw new DamagedFileException(file + " became shorter while it was read");
                }
                digest.update(buffer, 0, read);
                left -= read;
            }
            found = in.readNBytes(SEAL);
        }
        digest.update("0".repeat(SEAL).getBytes(StandardCharsets.US_ASCII));
        if (!Arrays.equals(found, seal(digest))) {
            throw new DamagedFileException(file + " is not what was written (" + length
                    + " bytes, whose checksum is not the one at the end): it was cut off, changed since, or is another"
                    + " kind of file");
        }
    }

    private static byte[] seal(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).getBytes(StandardCharsets.US_ASCII);
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance(ALGORITHM);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("Every JDK has it", e);
        }
    }

    /** One entry of a zip: its end is not the end of the file. */
    private static final class KeptOpen extends FilterInputStream {

        KeptOpen(InputStream zip) {
            super(zip);
        }

        @Override
        public void close() {
            // The next entry follows.
        }
    }
}
