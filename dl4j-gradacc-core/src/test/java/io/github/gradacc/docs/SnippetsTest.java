/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every Java snippet of the README and of {@code docs/} stands, letter for letter but for its indentation, between
 * {@code // snippet} and {@code // end} in a test, where it is compiled and run. Lines that import are imports of such a
 * test.
 */
class SnippetsTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern FENCED = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern MARKED = Pattern.compile(" *// snippet\\n(.*?) *// end\\n", Pattern.DOTALL);

    @Test
    void everySnippetOfTheDocumentationIsRunByATest() throws IOException {
        Set<String> run = new HashSet<>();
        Set<String> imports = new HashSet<>();
        for (Path test : files(Path.of("src", "test", "java"), ".java")) {
            String text = Files.readString(test);
            MARKED.matcher(text).results().map(SnippetsTest::snippet).forEach(run::add);
            text.lines().filter(line -> line.startsWith("import ")).forEach(imports::add);
        }
        int snippets = 0;
        for (Path document : documents()) {
            for (String snippet : FENCED.matcher(Files.readString(document))
                    .results()
                    .map(SnippetsTest::snippet)
                    .toList()) {
                snippets++;
                List<String> imported = snippet.lines()
                        .filter(line -> line.startsWith("import "))
                        .toList();
                String code = snippet.lines()
                        .filter(line -> !line.startsWith("import "))
                        .reduce("", (a, b) -> a + b + "\n")
                        .strip();
                assertThat(imports).as("imports in %s", document).containsAll(imported);
                if (!code.isEmpty()) {
                    assertThat(run)
                            .as("snippets run by tests, for %s", document)
                            .contains(code);
                }
            }
        }
        assertThat(snippets).as("snippets found").isGreaterThanOrEqualTo(6);
    }

    private static String snippet(MatchResult found) {
        // Without the last line break, whose empty line would count as an indentation of zero.
        return found.group(1).stripTrailing().stripIndent();
    }

    private static List<Path> documents() throws IOException {
        return Stream.concat(Stream.of(ROOT.resolve("README.md")), files(ROOT.resolve("docs"), ".md").stream())
                .toList();
    }

    private static List<Path> files(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }
}
