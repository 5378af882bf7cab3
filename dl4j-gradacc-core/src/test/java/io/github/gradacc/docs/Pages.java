/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The Markdown pages and the Java sources of the project, and what Markdown is to these tests: lines, some of them
 * between fences.
 */
final class Pages {

    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final String FENCE = "```";

    private Pages() {}

    /** A fenced block: the word behind its opening fence, and the lines between its fences. */
    record Block(String language, List<String> lines) {

        /** The lines, without the indentation that they have in common. */
        String text() {
            return String.join("\n", lines).stripTrailing().stripIndent();
        }
    }

    /** The README, the changelog and everything in {@code docs/}. */
    static List<Path> all() {
        return Stream.concat(
                        Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CHANGELOG.md")),
                        files(ROOT.resolve("docs"), ".md").stream())
                .toList();
    }

    /** The Java files of all modules, tests included. */
    static List<Path> sources() {
        return Stream.of("dl4j-gradacc-core", "dl4j-gradacc-examples", "dl4j-gradacc-dashboard")
                .flatMap(module -> files(ROOT.resolve(module).resolve("src"), ".java").stream())
                .toList();
    }

    /** The files below a directory whose names end in {@code suffix}. */
    static List<Path> files(Path directory, String suffix) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The fenced blocks of a page. A fence that is not closed encloses the rest of the page. */
    static List<Block> blocks(String page) {
        List<Block> blocks = new ArrayList<>();
        boolean inside = false;
        for (String line : page.lines().toList()) {
            if (line.strip().startsWith(FENCE)) {
                inside = !inside;
                if (inside) {
                    blocks.add(new Block(line.strip().substring(FENCE.length()), new ArrayList<>()));
                }
            } else if (inside) {
                blocks.get(blocks.size() - 1).lines().add(line);
            }
        }
        return blocks;
    }

    /** The lines of a page that are not in fenced blocks. */
    static List<String> prose(String page) {
        List<String> prose = new ArrayList<>();
        boolean inside = false;
        for (String line : page.lines().toList()) {
            if (line.strip().startsWith(FENCE)) {
                inside = !inside;
            } else if (!inside) {
                prose.add(line);
            }
        }
        return prose;
    }
}
