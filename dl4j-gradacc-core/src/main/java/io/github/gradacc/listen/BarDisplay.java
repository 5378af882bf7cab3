/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar for each epoch, drawn by a library that redraws it on a thread of its own. */
final class BarDisplay implements ProgressDisplay {

    /** The library's word for a length that is not known. */
    private static final int UNKNOWN = -1;

    private final PrintStream out;
    private @Nullable ProgressBar bar;
    private @Nullable Line line;

    BarDisplay(PrintStream out) {
        this.out = out;
    }

    /**
     * The line of one bar, ended once. The library (0.10.2) does not end that of a bar that is closed before it was
     * drawn for the first time, as in an epoch of milliseconds.
     */
    private static final class Line extends ConsoleProgressBarConsumer {
        private boolean ended;

        Line(PrintStream out) {
            super(out);
        }

        @Override
        public synchronized void close() {
            if (!ended) {
                ended = true;
                super.close();
            }
        }
    }

    @Override
    public void show(Progress progress) {
        ProgressBar shown = bar;
        if (shown == null) {
            shown = start(progress);
            bar = shown;
        }
        shown.setExtraMessage(" " + progress.measuresAndEta());
        shown.stepTo(progress.step());
    }

    private ProgressBar start(Progress progress) {
        Line own = new Line(out);
        line = own;
        return ProgressBar.builder()
                .setTaskName(progress.task())
                // The other styles need a terminal that shows block characters.
                .setStyle(ProgressBarStyle.ASCII)
                .setInitialMax(progress.steps().orElse(UNKNOWN))
                // Its elapsed time and ETA would leave nothing of a bar in 80 columns.
                .hideEta()
                .setConsumer(own)
                .build();
    }

    @Override
    public void endEpoch(Progress progress) {
        show(progress);
        close();
    }

    @Override
    public void close() {
        ProgressBar shown = bar;
        bar = null;
        if (shown != null) {
            shown.close();
        }
        Line shownOn = line;
        line = null;
        if (shownOn != null) {
            shownOn.close();
        }
    }
}
