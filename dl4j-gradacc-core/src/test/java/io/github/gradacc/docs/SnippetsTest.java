/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.docs.Pages.Block;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every Java snippet of the README and of {@code docs/} stands, letter for letter except for its indentation, between
 * {@code // snippet} and {@code // end} in a test, where it is compiled and run. Its import lines are imports of such a
 * test.
 */
class SnippetsTest {

    private static final Pattern MARKED = Pattern.compile(" *// snippet\\n(.*?) *// end\\n", Pattern.DOTALL);
    private static final Set<String> LANGUAGES = Set.of("java", "xml", "bash", "text");

    private static final Set<String> run = new HashSet<>();
    private static final Set<String> imports = new HashSet<>();

    @BeforeAll
    static void readTests() {
        for (Path test : tests()) {
            String text = Pages.read(test);
            MARKED.matcher(text).results().map(SnippetsTest::marked).forEach(run::add);
            text.lines().filter(SnippetsTest::isImport).forEach(imports::add);
        }
    }

    /** Of the modules whose use the pages show. */
    private static List<Path> tests() {
        return Stream.of("dl4j-gradacc-core", "dl4j-gradacc-dashboard", "dl4j-gradacc-spark")
                .map(module -> Pages.ROOT.resolve(module).resolve("src").resolve("test"))
                .flatMap(tests -> Pages.files(tests, ".java").stream())
                .toList();
    }

    @Test
    void everySnippetIsRunByATest() {
        for (Path page : Pages.all()) {
            assertThat(notRun(Pages.read(page)))
                    .as("snippets of %s that no test runs", page)
                    .isEmpty();
        }
    }

    @Test
    void thePagesWithSnippetsAreFound() {
        assertThat(Pages.all().stream()
                        .filter(page -> javaBlocks(Pages.read(page)).findAny().isPresent()))
                .extracting(page -> page.getFileName().toString())
                .contains(
                        "README.md",
                        "checkpoints.md",
                        "early-stopping.md",
                        "initializers.md",
                        "listeners.md",
                        "losses.md",
                        "memory.md",
                        "onednn.md",
                        "probes.md",
                        "truncated-bptt.md",
                        "updaters.md",
                        "pytorch-phrasebook.md");
    }

    /** Otherwise Java could hide from this test: in a block of another language, or of none, or without a fence. */
    @Test
    void allCodeIsFencedAndNamesItsLanguage() {
        for (Path page : Pages.all()) {
            String text = Pages.read(page);
            assertThat(Pages.blocks(text))
                    .as("languages in %s", page)
                    .allSatisfy(block -> assertThat(block.language()).isIn(LANGUAGES));
            assertThat(Pages.prose(text))
                    .as("prose of %s", page)
                    .noneMatch(line -> line.startsWith("    ") || line.startsWith("~~~"));
        }
    }

    @Test
    void aSnippetThatNoTestRunsIsFound() {
        String page = "```java\nimport io.github.gradacc.NoSuchClass;\nvar noSuch = snippet();\n```\n";

        assertThat(notRun(page)).containsExactly("import io.github.gradacc.NoSuchClass;", "var noSuch = snippet();");
    }

    /** The imports and the code of a page's snippets that are not in a test. */
    private static List<String> notRun(String page) {
        return javaBlocks(page)
                .flatMap(snippet -> Stream.concat(
                        snippet.lines().filter(line -> isImport(line) && !imports.contains(line)),
                        code(snippet).filter(code -> !run.contains(code))))
                .toList();
    }

    private static Stream<String> javaBlocks(String page) {
        return Pages.blocks(page).stream()
                .filter(block -> "java".equals(block.language()))
                .map(Block::text);
    }

    /** What a snippet has besides imports, if anything. */
    private static Stream<String> code(String snippet) {
        String code = snippet.lines()
                .filter(line -> !isImport(line))
                .collect(Collectors.joining("\n"))
                .strip();
        return Stream.of(code).filter(text -> !text.isEmpty());
    }

    private static boolean isImport(String line) {
        return line.startsWith("import ");
    }

    private static String marked(MatchResult found) {
        // Without the last line break, whose empty line would count as an indentation of zero.
        return found.group(1).stripTrailing().stripIndent();
    }
}
