/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.PrintStream;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Prints a Markdown table row by row, as soon as there is one: measuring takes time. */
final class MarkdownTable {

    private final PrintStream out;

    MarkdownTable(PrintStream out, List<String> headings) {
        this.out = out;
        row(headings);
        row(Collections.nCopies(headings.size(), "---"));
    }

    void row(List<String> cells) {
        out.println("| " + String.join(" | ", cells) + " |");
    }

    /** A number with as many decimals as are worth reading. */
    static String decimals(int decimals, double value) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
