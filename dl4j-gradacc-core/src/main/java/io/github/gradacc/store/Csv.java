/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import au.com.bytecode.opencsv.CSVWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.apiguardian.api.API;

/** Tables for other programs, written by a library that DL4J brings along (RFC 4180, all fields quoted). */
@API(status = API.Status.INTERNAL)
public final class Csv {

    private Csv() {}

    /**
     * Writes.
     *
     * @param headings the names of the columns
     * @param rows as many fields in each
     * @param target not closed
     * @throws IOException if the target does
     */
    public static void write(List<String> headings, List<List<String>> rows, Appendable target) throws IOException {
        StringWriter text = new StringWriter();
        // Its write methods swallow exceptions of their target; a StringWriter throws none.
        try (CSVWriter csv = new CSVWriter(
                text,
                CSVWriter.DEFAULT_SEPARATOR,
                CSVWriter.DEFAULT_QUOTE_CHARACTER,
                CSVWriter.DEFAULT_ESCAPE_CHARACTER,
                "\r\n")) {
            csv.writeNext(headings.toArray(String[]::new));
            rows.forEach(row -> csv.writeNext(row.toArray(String[]::new)));
        }
        target.append(text.getBuffer());
    }
}
