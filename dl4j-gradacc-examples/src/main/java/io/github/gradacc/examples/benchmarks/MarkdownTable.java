/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Prints a Markdown table, each row as soon as it is known: measuring takes time. */
final class MarkdownTable {

    private final PrintStream out;
    private final int columns;

    MarkdownTable(PrintStream out, List<String> headings) {
        this.out = out;
        columns = headings.size();
        row(headings);
        row(Collections.nCopies(headings.size(), "---"));
    }

    /** Prints a row. Cells missing at its end are printed empty. */
    void row(List<String> cells) {
        List<String> all = new ArrayList<>(cells);
        all.addAll(Collections.nCopies(columns - cells.size(), ""));
        out.println("| " + String.join(" | ", all) + " |");
    }

    /** Formats a number with as many decimals as are worth reading. */
    static String decimals(int decimals, double value) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
