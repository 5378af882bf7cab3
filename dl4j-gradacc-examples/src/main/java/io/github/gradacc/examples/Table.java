/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table for the terminal: the first column to the left, numbers to the right, as wide as they need to be. */
final class Table {

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... headings) {
        rows.add(List.of(headings));
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException if it has not one cell for each heading
     */
    Table row(String... cells) {
        if (cells.length != rows.get(0).size()) {
            throw new IllegalArgumentException(
                    "The table has " + rows.get(0).size() + " columns, got a row of " + cells.length);
        }
        rows.add(List.of(cells));
        return this;
    }

    /** A number in a pattern of {@link String#format}, with a point whatever the country. */
    static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    @Override
    public String toString() {
        int[] widths = IntStream.range(0, rows.get(0).size())
                .map(i ->
                        rows.stream().mapToInt(row -> row.get(i).length()).max().orElse(0))
                .toArray();
        return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining(System.lineSeparator()));
    }

    private static String line(List<String> row, int... widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - row.get(i).length());
            line.append(i == 0 ? row.get(i) + padding : "   " + padding + row.get(i));
        }
        return line.toString().stripTrailing();
    }
}
