/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import io.github.gradacc.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runs of one chart, and its two files. Thread-safe: the runs may be trained side by side. */
final class LossChart {

    private static final Logger log = LoggerFactory.getLogger(LossChart.class);

    private final Path picture;
    private final Path csv;
    private final String title;
    private final boolean overExamples;
    private final List<LossRun> runs = new ArrayList<>();
    private boolean warned;

    /**
     * Makes a chart without runs; writes nothing yet.
     *
     * @param picture an absolute path that ends in {@code .png}
     */
    LossChart(Path picture, String title, boolean overExamples) {
        this.picture = picture;
        this.title = title;
        this.overExamples = overExamples;
        String name = String.valueOf(picture.getFileName());
        csv = picture.resolveSibling(name.substring(0, name.length() - ".png".length()) + ".csv");
    }

    /** @throws IllegalArgumentException if there is a run of this name */
    synchronized LossRun start(String name) {
        if (runs.stream().anyMatch(run -> run.name().equals(name))) {
            throw new IllegalArgumentException(
                    "The runs of one chart need different names, and '" + name + "' is taken: give another one");
        }
        LossRun run = new LossRun(name);
        runs.add(run);
        return run;
    }

    synchronized void add(LossRun run, long examples, double score) {
        run.add(examples, score);
    }

    synchronized void write() throws IOException {
        AtomicFile.replace(csv, out -> LossCsv.write(runs, out));
        AtomicFile.replace(picture, out -> LossPicture.write(title, overExamples, runs, out));
    }

    /** A full disk should not end a training: the first failure is logged. */
    synchronized void tryToWrite() {
        try {
            write();
        } catch (IOException e) {
            if (!warned) {
                warned = true;
                log.warn("The loss plot {} could not be written; training goes on. This is said once", picture, e);
            }
        }
    }
}
