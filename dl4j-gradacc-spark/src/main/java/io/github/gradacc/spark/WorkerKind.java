/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * What of a process decides the last bits of what it computes: other instructions, or sums cut for another number of
 * threads, round otherwise.
 *
 * @param executor Spark's name of the process
 * @param facts what decides, by name
 */
record WorkerKind(String executor, Map<String, String> facts) implements Serializable {

    /** Returns that of this process. Not to be called during passes, which change native settings. */
    static WorkerKind look() {
        // First: the holder of native operations cannot be used before ND4J has found its backend.
        Environment environment = Nd4j.getEnvironment();
        NativeOps ops = NativeOpsHolder.getInstance().getDeviceNativeOps();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("CPU", cpu());
        facts.put("level of vector instructions", ops.binaryLevel() + " of " + ops.optimalLevel());
        facts.put(
                "native threads",
                environment.maxThreads() + ", BLAS " + Nd4j.factory().blas().getMaxThreads());
        facts.put(
                "backend",
                Nd4j.getBackend().getClass().getSimpleName() + ", BLAS "
                        + Nd4j.factory().blas().getBlasVendor());
        SparkEnv env = SparkEnv.get();
        return new WorkerKind(env == null ? "none" : env.executorId(), facts);
    }

    /** The name that Linux or Windows knows, or at least the architecture. */
    private static String cpu() {
        Path linux = Path.of("/proc/cpuinfo");
        if (Files.isReadable(linux)) {
            try (Stream<String> lines = Files.lines(linux)) {
                return lines.filter(line -> line.startsWith("model name") || line.startsWith("CPU part"))
                        .findFirst()
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .orElseGet(WorkerKind::architecture);
            } catch (IOException | UncheckedIOException e) {
                return architecture();
            }
        }
        return architecture();
    }

    private static String architecture() {
        return Objects.requireNonNullElseGet(
                System.getenv("PROCESSOR_IDENTIFIER"), () -> System.getProperty("os.arch"));
    }
}
