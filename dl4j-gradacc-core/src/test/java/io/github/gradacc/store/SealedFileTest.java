/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedFileTest {

    private static final Map<String, String> ENTRIES = Map.of("a", "some words", "b/c", "", "d", "0".repeat(20));

    @TempDir
    private Path directory;

    private Path write(Map<String, String> entries) throws IOException {
        Path file = directory.resolve("file.zip");
        SealedFile.write(file, zip -> {
            for (Map.Entry<String, String> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        });
        return file;
    }

    private static Map<String, String> read(Path file) throws IOException {
        Map<String, String> entries = new TreeMap<>();
        SealedFile.read(file, (name, bytes) -> {
            entries.put(name, new String(bytes.readAllBytes(), StandardCharsets.UTF_8));
            bytes.close();
        });
        return entries;
    }

    @Test
    void givesBackWhatWasWritten() throws IOException {
        assertThat(read(write(ENTRIES))).isEqualTo(ENTRIES);
        assertThat(read(write(Map.of("a", "others")))).as("in place of it").isEqualTo(Map.of("a", "others"));
    }

    @Test
    void isAZipFile() throws IOException {
        try (ZipFile zip = new ZipFile(write(ENTRIES).toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName)).containsExactlyInAnyOrder("a", "b/c", "d");
        }
    }

    @Test
    void aFlippedBitIsFoundInEachByte() throws IOException {
        Path file = write(ENTRIES);
        byte[] good = Files.readAllBytes(file);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= (byte) (1 << (i % 8));
            assertDamaged(bad);
        }
        Files.write(file, good);
        assertThat(read(file)).isEqualTo(ENTRIES);
    }

    @Test
    void everyCutIsFound() throws IOException {
        byte[] good = Files.readAllBytes(write(ENTRIES));
        for (int length = 0; length < good.length; length++) {
            assertDamaged(Arrays.copyOf(good, length));
        }
        assertDamaged(Arrays.copyOf(good, good.length + 1));
    }

    private void assertDamaged(byte[] bytes) throws IOException {
        Path file = Files.write(directory.resolve("file.zip"), bytes);
        assertThatThrownBy(() -> SealedFile.read(file, (name, entry) -> {
                    throw new AssertionError("read before it was checked");
                }))
                .isInstanceOf(DamagedFileException.class)
                .hasMessageContaining("file.zip");
    }

    @Test
    void aFailureLeavesWhatWasThere() throws IOException {
        Path file = write(ENTRIES);
        assertThatIOException()
                .isThrownBy(() -> SealedFile.write(file, zip -> {
                    zip.putNextEntry(new ZipEntry("a"));
                    zip.write(new byte[100_000]);
                    throw new IOException("No space left on device");
                }))
                .withMessage("No space left on device");
        assertThat(read(file)).isEqualTo(ENTRIES);
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }

    /** Java closes the channels of an interrupted thread. */
    @Test
    void anInterruptDisturbsNothing() throws IOException {
        Thread.currentThread().interrupt();
        Path file = write(ENTRIES);
        assertThat(Thread.interrupted()).as("the status stays").isTrue();
        assertThat(read(file)).isEqualTo(ENTRIES);
    }
}
