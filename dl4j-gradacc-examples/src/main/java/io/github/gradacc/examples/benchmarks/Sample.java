/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;

/**
 * All figures of this process at one moment. Linux only. Its text form passes it to another process.
 *
 * @param passes forward and backward passes so far
 * @param values in the order of {@link Figure}
 */
record Sample(long passes, List<Long> values) {

    /** What Linux tells a process about itself. */
    static final Path SELF = Path.of("/proc/self");

    private static final long KILO = 1024;
    /** What JavaCPP's own thread needs to free what the collector found. */
    private static final int PATIENCE_MILLISECONDS = 20;

    Sample {
        if (values.size() != Figure.values().length) {
            throw new IllegalArgumentException(
                    "A sample has " + Figure.values().length + " figures, got " + values.size());
        }
        values = List.copyOf(values);
    }

    static Sample parse(String text) {
        long[] numbers =
                Arrays.stream(text.split(" ")).mapToLong(Long::parseLong).toArray();
        return new Sample(numbers[0], LongStream.of(numbers).skip(1).boxed().toList());
    }

    /** One figure. */
    long value(Figure figure) {
        return values.get(List.of(Figure.values()).indexOf(figure));
    }

    /** Collects garbage, and looks. */
    static Sample now(long passes) {
        collect();
        collect();
        Runtime runtime = Runtime.getRuntime();
        return new Sample(
                passes,
                List.of(
                        status("Threads:"),
                        fileHandles(),
                        runtime.totalMemory() - runtime.freeMemory(),
                        status("VmRSS:") * KILO,
                        Pointer.totalBytes()));
    }

    /** @throws IllegalStateException if there is nothing to look at */
    static void requireReadable(Path self) {
        if (!Files.isReadable(self.resolve("status"))) {
            throw new IllegalStateException("Threads, file handles and memory are read from " + self
                    + ", which is not there: this program needs Linux");
        }
    }

    private static void collect() {
        System.gc();
        try {
            Thread.sleep(PATIENCE_MILLISECONDS);
        } catch (InterruptedException e) {
            // For the training, which is asked to stop.
            Thread.currentThread().interrupt();
        }
    }

    private static long fileHandles() {
        try (Stream<Path> handles = Files.list(SELF.resolve("fd"))) {
            return handles.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long status(String field) {
        try {
            return Files.readAllLines(SELF.resolve("status")).stream()
                    .filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return passes + " " + values.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
