/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** American spelling in sources and pages, and no class name in the sources that the library has given up. */
class WordsTest {

    /** In two parts each, so that this file does not contain them. */
    private static final Pattern BRITISH = anyOf(
            "(?i)",
            "initial" + "is",
            "normal" + "is",
            "regular" + "is",
            "optimi" + "s(e|ation)",
            "serial" + "is",
            "synchron" + "is",
            "behavi" + "our",
            "cent" + "re",
            "col" + "our",
            "neighb" + "our",
            "fav" + "our",
            "lic" + "ence",
            "label" + "led");

    /** Looked for in {@code src/main} only. */
    private static final Pattern RETIRED = anyOf(
            "\\b",
            "Backend\\b",
            "GradientSink",
            "GradientSource",
            "SharedLayout",
            "UpdateViews",
            "HaarMatrix",
            "GaussianMean",
            "Arrangement\\b",
            "QuietReplica",
            "TrainingData\\b");

    private static final Path MAIN = Path.of("src", "main");

    @Test
    void spellingIsAmerican() {
        List<Path> files =
                Stream.concat(Pages.sources().stream(), Pages.all().stream()).toList();

        assertThat(files).hasSizeGreaterThan(220);
        assertThat(found(BRITISH, files)).isEmpty();
    }

    @Test
    void retiredNamesAreGone() {
        List<Path> files = Pages.sources().stream()
                .filter(file -> Pages.ROOT.relativize(file).subpath(1, 3).equals(MAIN))
                .toList();

        assertThat(files).hasSizeGreaterThan(130);
        assertThat(found(RETIRED, files)).isEmpty();
    }

    @Test
    void suchWordsAreFound() {
        assertThat(found(BRITISH, "Regular" + "isation and re-cent" + "red colors, in" + "itial, optimism"))
                .containsExactly("Regular" + "is", "cent" + "re");
        assertThat(found(RETIRED, "Backend GradientSinks Nd4jBackend Arrangements"))
                .containsExactly("Backend", "GradientSink");
    }

    private static List<String> found(Pattern words, List<Path> files) {
        return files.stream()
                .flatMap(file -> found(words, Pages.read(file)).stream().map(word -> word + " in " + file))
                .toList();
    }

    private static List<String> found(Pattern words, String text) {
        return words.matcher(text).results().map(MatchResult::group).toList();
    }

    private static Pattern anyOf(String prefix, String... words) {
        return Pattern.compile(prefix + "(" + String.join("|", words) + ")");
    }
}
