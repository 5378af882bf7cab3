/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The instruction sets of the processor that ND4J's builds differ in, by the names that Linux gives them.
 *
 * <p>Linux lists them. Elsewhere the Java virtual machine is asked how far it goes itself, which never says too much:
 * {@code UseAVX} is 2 with AVX2 and 3 with AVX-512.
 */
final class CpuFeatures {

    private static final List<String> AVX2 = List.of("avx2", "fma");
    private static final List<String> AVX512 = List.of("avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd");
    private static final Path LINUX = Path.of("/proc/cpuinfo");

    private CpuFeatures() {}

    /** Returns those of the processor that some build needs, in alphabetical order. */
    static Set<String> ofThisMachine() {
        try (Stream<String> lines = Files.lines(LINUX)) {
            return fromLinux(lines);
        } catch (IOException e) {
            return fromVirtualMachine();
        }
    }

    static Set<String> fromLinux(Stream<String> cpuinfo) {
        Set<String> known = new TreeSet<>(AVX2);
        known.addAll(AVX512);
        known.retainAll(cpuinfo.filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line ->
                        List.of(line.substring(line.indexOf(':') + 1).trim().split(" +")))
                .orElse(List.of()));
        return known;
    }

    private static Set<String> fromVirtualMachine() {
        Set<String> features = new TreeSet<>();
        try {
            int avx = Integer.parseInt(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption("UseAVX")
                    .getValue());
            features.addAll(avx >= 2 ? AVX2 : List.of());
            features.addAll(avx >= 3 ? AVX512 : List.of());
        } catch (RuntimeException e) {
            // No x86, or another virtual machine: nothing is known, and nothing promised.
            features.clear();
        }
        return features;
    }

    static List<String> avx2() {
        return AVX2;
    }

    static List<String> avx512() {
        return Stream.concat(AVX2.stream(), AVX512.stream()).toList();
    }
}
