/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.jspecify.annotations.Nullable;

/**
 * Plots the score of each step while a network trains: a PNG, and beside it a CSV with all numbers, renewed every so
 * many steps and at the end of each epoch. Several runs may share a chart:
 *
 * <pre>
 *   first := new LossPlotListener.Builder(path).run("batches of 4").build();    one network listens to it
 *   second := first.another("accumulated");                                    another network to this one
 * </pre>
 *
 * <p>Steps are optimizer steps, in native training as in the trainer, and the score is that of the step's whole window
 * before the step. Both files are replaced as a whole, so that a viewer that watches one never sees half of it. The
 * columns of the CSV are run, step (from 1), examples (of all steps so far) and score; scores that are not finite are
 * in the CSV only. A curve of more points than a picture shows keeps the lowest and the highest
 * of each stretch. If a file cannot be written, that is logged once and training goes on.
 *
 * <p>Takes the library XChart, {@code org.knowm.xchart:xchart}, an optional dependency, and the module {@code
 * java.desktop}; no display. All numbers of a run are kept, and all are written each time: for very long runs choose a
 * larger {@code every}.
 */
public final class LossPlotListener extends BaseTrainingListener {

    private final LossChart chart;
    private final LossRun run;
    private final int every;
    private int steps;

    private LossPlotListener(LossChart chart, String run, int every) {
        this.chart = chart;
        this.run = chart.start(run);
        this.every = every;
    }

    /**
     * Returns a listener for another run in the same chart, with the same settings.
     *
     * @param name for the legend, different from that of the other runs
     * @throws IllegalArgumentException if it is null or blank, or taken
     */
    public LossPlotListener another(String name) {
        return new LossPlotListener(chart, Builder.requireName(name), every);
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        chart.add(run, model.batchSize(), model.score());
        steps++;
        if (steps % every == 0) {
            chart.tryToWrite();
        }
    }

    @Override
    public void onEpochEnd(Model model) {
        chart.tryToWrite();
    }

    /**
     * Writes both files now.
     *
     * @throws IOException if one cannot be written; what was there before stays
     */
    public void write() throws IOException {
        chart.write();
    }

    /** Configures a listener. Every setter checks its value and returns this builder. */
    public static final class Builder {

        private static final int EVERY = 100;

        private final Path picture;
        private String title = "Training";
        private String run = "score";
        private int every = EVERY;
        private boolean overExamples;

        /**
         * Starts a configuration.
         *
         * @param picture where to write the PNG, ending in {@code .png}; the CSV has the same name with {@code .csv}
         * @throws IllegalArgumentException if it ends otherwise, or its directory does not exist
         */
        public Builder(Path picture) {
            if (picture == null || !picture.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
                throw new IllegalArgumentException("The path of the picture must end in .png, got " + picture);
            }
            Path file = picture.toAbsolutePath().normalize();
            @Nullable Path directory = file.getParent();
            if (directory == null || !Files.isDirectory(directory)) {
                throw new IllegalArgumentException(
                        "The picture is to be written to " + file + ", but there is no such directory: create it");
            }
            this.picture = file;
        }

        /** Sets the title of the chart. Default "Training". */
        public Builder title(String text) {
            title = requireName(text);
            return this;
        }

        /** Sets the name of the first run in the legend. Default "score". */
        public Builder run(String name) {
            run = requireName(name);
            return this;
        }

        /**
         * Sets after how many steps of a run the files are renewed. Default 100.
         *
         * @param steps at least 1
         */
        public Builder every(int steps) {
            if (steps < 1) {
                throw new IllegalArgumentException("The plot is renewed every 1 or more steps, got " + steps);
            }
            every = steps;
            return this;
        }

        /** Draws the score over the examples seen, to compare windows of different sizes, not over the steps. */
        public Builder overExamples() {
            overExamples = true;
            return this;
        }

        /**
         * Makes the listener; writes nothing yet.
         *
         * @throws IllegalStateException if XChart is not on the class path
         */
        public LossPlotListener build() {
            OptionalLibrary.XCHART.require("LossPlotListener", "");
            return new LossPlotListener(new LossChart(picture, title, overExamples), run, every);
        }

        private static String requireName(String name) {
            if (name == null || name.isBlank()) {
                throw new IllegalArgumentException("A name to show is needed, got " + name);
            }
            return name;
        }
    }
}
