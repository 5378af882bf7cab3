/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.knowm.xchart.internal.chartpart.Chart;

/**
 * Where a program prints and draws.
 *
 * @param out for tables and sentences
 * @param picture the PNG file, whose directory exists
 */
record Paper(PrintStream out, Path picture) {

    void print(Object text) {
        out.println(text);
    }

    /** Draws charts side by side; the file is replaced if it exists, also while somebody looks at it. */
    void draw(Chart<?, ?>... charts) throws IOException {
        Charts.write(picture, charts);
    }
}
