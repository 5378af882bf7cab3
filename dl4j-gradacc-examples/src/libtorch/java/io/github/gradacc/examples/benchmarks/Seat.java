/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process of {@link Peers}: a native library, and what it does in turns. Each library is there with two native
 * threads, and with one.
 */
enum Seat {
    /** ND4J as it comes. */
    PLAIN,

    /** ND4J's build with oneDNN, if it is on the class path. */
    ONEDNN,

    /** libtorch, which brings its own. */
    LIBTORCH;

    /** Part of the names of ND4J's builds with oneDNN. */
    private static final String ONEDNN_BUILD = "-onednn";

    /**
     * What it can do, by the names that {@link PeerProcess} takes: two workers need two threads.
     *
     * @param threads 1 or 2
     */
    List<String> ways(int threads) {
        Stream<Way> ways = switch (this) {
            case PLAIN -> Stream.of(Way.NATIVE_WHOLE, Way.TRAINER_1, Way.TRAINER_2);
            case ONEDNN -> Stream.of(Way.ONEDNN_WHOLE, Way.ONEDNN_1, Way.ONEDNN_2);
            case LIBTORCH -> Stream.of();
        };
        List<String> names = ways.map(Way::name)
                .filter(way -> threads > 1 || !way.endsWith("_2"))
                .toList();
        return names.isEmpty() ? List.of(PeerProcess.LIBTORCH) : names;
    }

    /** The seats whose library is on the class path of this process. */
    static List<Seat> present() {
        boolean oneDnn = classPath().anyMatch(Seat::hasOneDnn);
        return Stream.of(values()).filter(seat -> seat != ONEDNN || oneDnn).toList();
    }

    /** A process that has the library and that many native threads, and has not started. */
    ProcessBuilder process(int threads, Task task) {
        String path = classPath()
                // JavaCPP takes a build with an extension before the plain one.
                .filter(entry -> this == ONEDNN || !hasOneDnn(entry))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                path,
                PeerProcess.class.getName(),
                task.workload().name(),
                String.valueOf(task.microBatch()),
                String.valueOf(task.effectiveBatch())));
        command.addAll(ways(threads));
        var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        process.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
        return process;
    }

    private static boolean hasOneDnn(String entry) {
        return Path.of(entry).getFileName().toString().contains(ONEDNN_BUILD);
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1));
    }
}
