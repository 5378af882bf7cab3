/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Trains a small network for long, with two workers, listeners and a checkpoint every 1,000 steps, and watches what
 * could grow: threads, file handles, heap, resident memory, what JavaCPP holds. The yardstick is native {@code fit}
 * over the same number of passes. Each trains in a process of its own, whose Java heap has a fixed size and is touched
 * at the start, so that resident memory varies outside it only. Linux only.
 */
public final class Soak {

    private static final int FOR_EVER = 100_000_000;
    private static final int STEPS = 100_000;
    private static final int SAMPLES = 40;
    private static final int EVERY = 1000;

    /** Ten weeks. */
    private static final int MOST_MINUTES = 100_000;

    private Soak() {}

    /**
     * Prints the table, and ends with status 1 if anything grew by more than native training did and the bound.
     *
     * @param args {@code steps=} (100,000 by default), or {@code minutes=} of the trainer's training, and
     *     {@code every=} steps between two samples
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        System.exit(run(new Settings(args), System.out) ? 0 : 1);
    }

    /** Whether all stayed within its bound. */
    static boolean run(Settings settings, PrintStream out) throws IOException, InterruptedException {
        Sample.requireReadable(Sample.SELF);
        int minutes = settings.number("minutes", 0);
        int steps = settings.number("steps", minutes > 0 ? FOR_EVER : STEPS);
        int every = settings.number("every", minutes > 0 ? EVERY : Math.max(1, steps / SAMPLES));
        out.println(Machine.description());
        List<Sample> samples = samples("trainer", steps, every, minutes == 0 ? MOST_MINUTES : minutes);
        long passes = samples.isEmpty() ? 0 : samples.get(samples.size() - 1).passes();
        int taken = Math.toIntExact(passes / SoakProbe.PASSES);
        List<Sample> natively = samples("native", taken, every, MOST_MINUTES);
        out.printf("%,d steps of %d passes; %d samples.%n%n", taken, SoakProbe.PASSES, samples.size());
        return print(samples, natively, out);
    }

    /** Prints the figures, and a line for each that exceeds its bound. */
    static boolean print(List<Sample> samples, List<Sample> natively, PrintStream out) {
        var table = new MarkdownTable(
                out,
                List.of(
                        "figure",
                        "at the end",
                        "growth",
                        "native, at the end",
                        "native, growth",
                        "allowed beyond native"));
        List<String> exceeded = new ArrayList<>();
        for (Figure figure : Figure.values()) {
            table.row(List.of(
                    figure.title(),
                    figure.text(last(samples, figure)),
                    figure.text(figure.growth(samples)),
                    figure.text(last(natively, figure)),
                    figure.text(figure.growth(natively)),
                    figure.text(figure.bound())));
            if (figure.isExceeded(samples, natively)) {
                exceeded.add(String.format(
                        "GROWTH: %s grew by %s, natively by %s; %s more than native is allowed",
                        figure.title(),
                        figure.text(figure.growth(samples)),
                        figure.text(figure.growth(natively)),
                        figure.text(figure.bound())));
            }
        }
        exceeded.forEach(out::println);
        return exceeded.isEmpty();
    }

    private static double last(List<Sample> samples, Figure figure) {
        return samples.get(samples.size() - 1).value(figure);
    }

    private static List<Sample> samples(String way, int steps, int every, int minutes)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("soak");
        try {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xms256m",
                            "-Xmx256m",
                            "-XX:+AlwaysPreTouch",
                            // Threads of the virtual machine itself come and go otherwise.
                            "-XX:-UseDynamicNumberOfCompilerThreads",
                            "-XX:-UseDynamicNumberOfGCThreads",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SoakProbe.class.getName(),
                            way,
                            String.valueOf(steps),
                            String.valueOf(every),
                            String.valueOf(minutes),
                            directory.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<Sample> samples = new ArrayList<>();
            try (var lines =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                // Logging goes to the standard output, too.
                lines.lines()
                        .filter(line -> line.matches("\\d+( \\d+)+"))
                        .map(Sample::parse)
                        .forEach(samples::add);
            }
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException("The process of the " + way + " training ended with status " + status + " after "
                        + samples.size() + " samples");
            }
            return samples;
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
