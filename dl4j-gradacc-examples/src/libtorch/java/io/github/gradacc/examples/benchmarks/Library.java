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

    /** Those that are on the class path of this process. */
    static List<Library> present() {
        boolean oneDnn = classPath().anyMatch(Library::hasOneDnn);
        return Stream.of(values())
                .filter(library -> library != ONEDNN || oneDnn)
                .toList();
    }

    /** The class path that brings this library and not another that JavaCPP would prefer. */
    String path() {
        return classPath()
                // JavaCPP takes a build with an extension before the plain one.
                .filter(entry -> this == ONEDNN || !hasOneDnn(entry))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean hasOneDnn(String entry) {
        return Path.of(entry).getFileName().toString().contains(ONEDNN_BUILD);
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1));
    }
}
