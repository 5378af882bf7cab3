/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Peak resident memory beyond that of the started process, in megabytes, with a new process for each figure. The Java
 * heap has a fixed size and is touched at the start, so that only memory outside it varies. Linux only.
 *
 * <p>All figures of a run come from training on the same number of examples, by default two steps of the largest
 * effective batch: what piles up from pass to pass shows in all of them, what piles up within a window shows in some.
 */
public final class PeakMemory {

    private static final int MICRO_BATCH = 32;
    private static final double KILO = 1024;

    private PeakMemory() {}

    /**
     * Prints the table.
     *
     * @param args {@code full} for all sizes; {@code networks=}, {@code ways=}, {@code micro=} (one size),
     *     {@code effective=}, {@code examples=}
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) throws IOException, InterruptedException {
        out.println(Machine.description());
        int micro = settings.sizes("micro", List.of(MICRO_BATCH), List.of(MICRO_BATCH))
                .get(0);
        List<Integer> sizes =
                settings.sizes("effective", List.of(256, 2048), List.of(256, 512, 1024, 2048, 4096, 8192, 16384));
        int twoSteps = 2 * sizes.stream().mapToInt(Integer::intValue).max().orElseThrow();
        int examples =
                settings.sizes("examples", List.of(twoSteps), List.of(twoSteps)).get(0);
        List<String> headings = new ArrayList<>(List.of("network", "way"));
        sizes.forEach(size -> headings.add("effective " + size));
        var table = new MarkdownTable(out, headings);
        for (Workload workload : settings.networks(Workload.MLP, Workload.LENET)) {
            table.row(List.of(workload.title(), "one gradient array", gradientArray(workload)));
            table.row(List.of(
                    workload.title(),
                    "native, micro-batch " + micro,
                    megabytes(new Task(workload, Way.NATIVE_MICRO, micro, micro), examples)));
            for (Way way : settings.ways(Way.NATIVE_WHOLE, Way.TRAINER_1, Way.TRAINER_2)) {
                List<String> cells = new ArrayList<>(List.of(workload.title(), way.title()));
                for (int size : sizes) {
                    cells.add(megabytes(new Task(workload, way, micro, size), examples));
                }
                table.row(cells);
            }
        }
    }

    private static String gradientArray(Workload workload) {
        return decimals(0, workload.network().network().params().length() * (double) Float.BYTES / KILO / KILO);
    }

    private static String megabytes(Task task, int examples) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms512m",
                        "-Xmx512m",
                        "-XX:+AlwaysPreTouch",
                        // Native training on whole batches may take more than ND4J's default, twice the heap.
                        "-Dorg.bytedeco.javacpp.maxbytes=16G",
                        "-Dorg.bytedeco.javacpp.maxphysicalbytes=20G",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MemoryProbe.class.getName(),
                        task.toString(),
                        String.valueOf(examples))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int status = process.waitFor();
        if (status != 0) {
            throw new IOException("The process for " + task + " ended with status " + status + ": " + printed);
        }
        return decimals(0, Long.parseLong(printed) / KILO);
    }
}
