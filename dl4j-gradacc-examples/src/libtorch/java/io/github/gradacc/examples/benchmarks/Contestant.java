/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.nio.file.Path;
import java.util.List;

/**
 * A way to train, with a library, on a number of native threads.
 *
 * @param way as {@link PeerProcess} takes it
 */
record Contestant(Library library, int threads, String way) {

    /** All with one library. */
    static List<Contestant> of(Library library, int threads) {
        return library.ways(threads).stream()
                .map(way -> new Contestant(library, threads, way))
                .toList();
    }

    /** A heading of the table. */
    String title() {
        String name = switch (way) {
            case "NATIVE_WHOLE", "ONEDNN_WHOLE" -> "native";
            case "TRAINER_1", "ONEDNN_1" -> "p(1)";
            case "TRAINER_2", "ONEDNN_2" -> "p(2)";
            default -> "";
        };
        return library.title() + name + (threads == 1 ? ", 1 thread" : ", " + threads + " threads");
    }

    /** Whether the trainer accumulates. */
    boolean isTrainer() {
        return library != Library.LIBTORCH && !way.endsWith("WHOLE");
    }

    /** A process that takes its turns, not started. */
    ProcessBuilder process(Task task) {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        // Off the heap, where the arrays are.
                        "-Dorg.bytedeco.javacpp.maxbytes=4G",
                        "-Dorg.bytedeco.javacpp.maxphysicalbytes=6G",
                        "-cp",
                        library.path(),
                        PeerProcess.class.getName(),
                        task.workload().name(),
                        String.valueOf(task.microBatch()),
                        String.valueOf(task.effectiveBatch()),
                        way)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        process.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
        library.configure(process);
        return process;
    }
}
