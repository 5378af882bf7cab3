/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Collectors;

/** Some of Shakespeare's sonnets as plain text, with an empty line between two poems. */
final class Sonnets {

    /** Marks the lines that say where the text comes from. */
    private static final String REMARK = "#";

    private Sonnets() {}

    /** Reads the poems without the remarks. */
    static String load() throws IOException {
        try (InputStream file = Objects.requireNonNull(Sonnets.class.getResourceAsStream("sonnets.txt"), "sonnets")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith(REMARK))
                    .collect(Collectors.joining("\n", "", "\n"));
        }
    }
}
