/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's builds for CPUs that contain oneDNN. The names are the ends of the classifiers of {@code nd4j-native}, and
 * what JavaCPP calls an extension of the platform.
 */
enum NativeBuild {
    ONEDNN_AVX512("-onednn-avx512"),
    ONEDNN_AVX2("-onednn-avx2"),
    ONEDNN("-onednn");

    private static final String BINDINGS = "org/nd4j/linalg/cpu/nativecpu/bindings/";
    private static final String LIBRARY = "jnind4jcpu";

    private final String extension;

    NativeBuild(String extension) {
        this.extension = extension;
    }

    /** Returns what JavaCPP calls it: the end of the classifier, with its hyphen. */
    String extension() {
        return extension;
    }

    /** Returns the classifier of the dependency that brings it to this machine. */
    String classifier() {
        return Loader.getPlatform() + extension;
    }

    /** Returns the instruction sets that it needs and a processor does not have. */
    List<String> missingFrom(Collection<String> features) {
        List<String> needs = switch (this) {
            case ONEDNN_AVX512 -> CpuFeatures.avx512();
            case ONEDNN_AVX2 -> CpuFeatures.avx2();
            case ONEDNN -> List.of();
        };
        return needs.stream().filter(need -> !features.contains(need)).toList();
    }

    /** Returns the one with the widest instructions that a processor can run. */
    static NativeBuild bestFor(Collection<String> features) {
        return Stream.of(values())
                .filter(build -> build.missingFrom(features).isEmpty())
                .findFirst()
                .orElseThrow();
    }

    /** Returns those on the class path, the widest instructions first. */
    static List<NativeBuild> onClassPath() {
        // Names the class without initializing it, which would load a build.
        ClassLoader loader = Nd4j.class.getClassLoader();
        return Stream.of(values())
                .filter(build ->
                        loader.getResource(BINDINGS + build.classifier() + "/" + System.mapLibraryName(LIBRARY))
                                != null)
                .toList();
    }

    /** Returns the path of the library that this process has loaded; empty if it has none yet. */
    static Optional<String> loaded() {
        return Optional.ofNullable(Loader.getLoadedLibraries().get(LIBRARY));
    }
}
