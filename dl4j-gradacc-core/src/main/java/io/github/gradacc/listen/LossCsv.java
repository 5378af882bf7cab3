/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import au.com.bytecode.opencsv.CSVWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs for other programs: a line for each step of each. Names may contain anything, so a library writes it. */
final class LossCsv {

    private LossCsv() {}

    /** Writes in UTF-8; the stream is not closed. */
    static void write(List<LossRun> runs, OutputStream out) throws IOException {
        // Not in a try: closing it would close the stream.
        CSVWriter csv = new CSVWriter(
                new OutputStreamWriter(out, StandardCharsets.UTF_8),
                CSVWriter.DEFAULT_SEPARATOR,
                CSVWriter.DEFAULT_QUOTE_CHARACTER,
                CSVWriter.DEFAULT_ESCAPE_CHARACTER,
                "\r\n");
        csv.writeNext(new String[] {"run", "step", "examples", "score"});
        for (LossRun run : runs) {
            for (LossRun.Point point : run.points()) {
                csv.writeNext(new String[] {
                    run.name(),
                    String.valueOf(point.step()),
                    String.valueOf(point.examples()),
                    String.valueOf(point.score())
                });
            }
        }
        csv.flush();
        // Its write methods swallow exceptions of their target, and remember them.
        if (csv.checkError()) {
            throw new IOException("The CSV could not be written");
        }
    }
}
