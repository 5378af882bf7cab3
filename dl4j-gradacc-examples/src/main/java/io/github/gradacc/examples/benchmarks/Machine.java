/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.factory.Nd4j;

/** What the figures were measured on. */
final class Machine {

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private Machine() {}

    /** One line of Markdown. */
    static String description() {
        String openMp = System.getenv("OMP_NUM_THREADS");
        return String.format(
                Locale.ROOT,
                "Measured on: %s, %d cores; %s %s; %s; ND4J's default of %d native threads, OMP_NUM_THREADS %s.%n",
                processor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
                Nd4j.getEnvironment().maxThreads(),
                openMp == null ? "not set" : "= " + openMp);
    }

    private static String processor() {
        if (!Files.isReadable(PROCESSORS)) {
            return "unknown processor";
        }
        try {
            List<String> lines = Files.readAllLines(PROCESSORS);
            return lines.stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
