/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every relative link of the README and of {@code docs/} leads to a file, and to a heading in it if it names one. */
class LinksTest {

    /** {@code [text](target)} and {@code [label]: target}. */
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)[^)]*\\)|^\\[[^\\]]+\\]:\\s*(\\S+)");

    private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*?)[ #]*");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
    private static final Pattern WITH_SCHEME = Pattern.compile("[a-z]+:.*");

    @TempDir
    Path directory;

    @Test
    void everyRelativeLinkLeadsSomewhere() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path page : Pages.all()) {
            assertThat(broken(page)).as("links of %s to nothing", page).isEmpty();
            found.addAll(targets(page));
        }
        assertThat(found).as("relative links").hasSizeGreaterThan(50);
    }

    @Test
    void aLinkToNothingIsFound() throws IOException {
        Files.writeString(directory.resolve("other.md"), "# A `Heading`, and more\n```text\n# None\n```\n");
        Path page = directory.resolve("page.md");
        Files.writeString(page, """
                # Here
                [a](other.md) [b](other.md#a-heading-and-more) [c](#here) [d](https://example.org/x) [e](page.md)
                [f](missing.md) [g](other.md#missing) [h](#missing) `[i](code.md)` [j](Other.md) [k](other.md#none)
                [l]: label.md
                """);

        assertThat(broken(page))
                .containsExactly("missing.md", "other.md#missing", "#missing", "Other.md", "other.md#none", "label.md");
    }

    private static List<String> broken(Path page) throws IOException {
        List<String> broken = new ArrayList<>();
        for (String target : targets(page)) {
            if (!leadsSomewhere(page, target)) {
                broken.add(target);
            }
        }
        return broken;
    }

    private static List<String> targets(Path page) {
        return Pages.prose(Pages.read(page)).stream()
                .map(line -> INLINE_CODE.matcher(line).replaceAll(""))
                .flatMap(line -> LINK.matcher(line).results())
                .map(link -> link.group(1) == null ? link.group(2) : link.group(1))
                .filter(target -> !WITH_SCHEME.matcher(target).matches())
                .toList();
    }

    private static boolean leadsSomewhere(Path page, String target) throws IOException {
        int hash = target.indexOf('#');
        String path = hash < 0 ? target : target.substring(0, hash);
        Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
        // The real path has the case of the file's name, which matters on the machines of others.
        if (!Files.exists(file) || !file.toRealPath().endsWith(file.getFileName())) {
            return false;
        }
        return hash < 0 || anchors(file).anyMatch(target.substring(hash + 1)::equals);
    }

    /** The anchors that headings get: lower case, hyphens for spaces, no punctuation. */
    private static Stream<String> anchors(Path page) {
        return Pages.prose(Pages.read(page)).stream()
                .map(HEADING::matcher)
                .filter(Matcher::matches)
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'));
    }
}
