/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A native library that computes in {@link Peers}.
 */
enum Library {
    /** ND4J as it comes. */
    PLAIN(""),

    /** ND4J with Intel's MKL in place of OpenBLAS, if that is on the class path. */
    MKL("MKL "),

    /** ND4J's build with oneDNN, if it is on the class path. */
    ONEDNN("oneDNN "),

    /** libtorch, which brings its own. */
    LIBTORCH("libtorch");

    private final String title;

    Library(String title) {
        this.title = title;
    }

    /** How headings start. */
    String title() {
        return title;
    }

    /**
     * What it can do, by the names that {@link PeerProcess} takes: two workers need two threads.
     *
     * @param threads 1 or 2
     */
    List<String> ways(int threads) {
        Stream<Way> ways = switch (this) {
            case PLAIN, MKL -> Stream.of(Way.NATIVE_WHOLE, Way.TRAINER_1, Way.TRAINER_2);
            case ONEDNN -> Stream.of(Way.ONEDNN_WHOLE, Way.ONEDNN_1, Way.ONEDNN_2);
            case LIBTORCH -> Stream.of();
        };
        List<String> names = ways.map(Way::name)
                .filter(way -> threads > 1 || !way.endsWith("_2"))
                .toList();
        return names.isEmpty() ? List.of(PeerProcess.LIBTORCH) : names;
    }

    /** What the process needs, beside the class path. */
    void configure(ProcessBuilder process) {
        if (this == MKL) {
            process.command().add(1, "-Dorg.bytedeco.openblas.load=mkl_rt");
            // JavaCPP keeps MKL under OpenBLAS's file names, where the other processes would find it.
            Path cache = Path.of(System.getProperty("java.io.tmpdir"), "dl4j-gradacc-mkl");
            process.command().add(1, "-Dorg.bytedeco.javacpp.cachedir=" + cache);
            // Otherwise its threads are those of a second OpenMP, which spin beside those of ND4J's.
            process.environment().put("MKL_THREADING_LAYER", "GNU");
        }
    }

    /** Those that are on the class path of this process. */
    static List<Library> present() {
        return Stream.of(values())
                .filter(library -> !library.isOptional() || classPath().anyMatch(library::isIn))
                .toList();
    }

    /** The class path that brings this library and not another that JavaCPP would prefer. */
    String path() {
        return classPath()
                .filter(entry -> Stream.of(values())
                        .filter(Library::isOptional)
                        .allMatch(library -> library == this || !library.isIn(entry)))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private boolean isOptional() {
        return this == MKL || this == ONEDNN;
    }

    /** JavaCPP takes a build of ND4J with an extension before the plain one. */
    private boolean isIn(String entry) {
        String file = Path.of(entry).getFileName().toString();
        return this == MKL ? file.startsWith("mkl-") && file.contains("-redist") : file.contains("-onednn");
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1));
    }
}
