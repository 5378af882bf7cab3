/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import io.github.gradacc.store.Csv;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Runs for other programs: a line for each step of each. */
final class LossCsv {

    private LossCsv() {}

    /** Writes in UTF-8; the stream is not closed. */
    static void write(List<LossRun> runs, OutputStream out) throws IOException {
        // Not in a try: closing it would close the stream.
        Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
        Csv.write(
                List.of("run", "step", "examples", "score"),
                runs.stream().flatMap(LossCsv::rows).toList(),
                text);
        text.flush();
    }

    private static Stream<List<String>> rows(LossRun run) {
        return run.points().stream()
                .map(point -> List.of(
                        run.name(),
                        String.valueOf(point.step()),
                        String.valueOf(point.examples()),
                        String.valueOf(point.score())));
    }
}
