/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the formatter does not see to. */
class SourcesTest {

    private static final int LONGEST = 120;
    private static final Pattern TAG = Pattern.compile("^ *@Tags?\\(([^)]*)\\)", Pattern.MULTILINE);

    /** Comments and strings included. */
    @Test
    void linesHaveAtMost120Characters() throws IOException {
        List<String> tooLong = new ArrayList<>();
        List<Path> sources = Pages.sources();
        for (Path source : sources) {
            List<String> lines = Files.readAllLines(source);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).length() > LONGEST) {
                    tooLong.add(source.getFileName() + ":" + (i + 1));
                }
            }
        }
        assertThat(sources).hasSizeGreaterThan(200);
        assertThat(tooLong).isEmpty();
    }

    /** Any other tag, a misspelled one for instance, would leave nothing out of the quick run. */
    @Test
    void theOnlyTagIsSlow() throws IOException {
        List<String> tags = new ArrayList<>();
        for (Path source : Pages.sources()) {
            TAG.matcher(Files.readString(source)).results().forEach(tag -> tags.add(tag.group(1)));
        }
        assertThat(tags).hasSizeGreaterThan(30).containsOnly("\"slow\"");
    }
}
