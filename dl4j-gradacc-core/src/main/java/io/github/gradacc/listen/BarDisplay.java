/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar for each epoch, drawn by a library that redraws it on a thread of its own. */
final class BarDisplay implements ProgressDisplay {

    /** The library's word for a length that is not known. */
    private static final int UNKNOWN = -1;

    private final PrintStream out;
    private volatile Optional<Duration> remaining = Optional.empty();
    private @Nullable ProgressBar bar;

    BarDisplay(PrintStream out) {
        this.out = out;
    }

    @Override
    public void show(Progress progress) {
        ProgressBar shown = bar;
        if (shown == null) {
            shown = start(progress);
            bar = shown;
        }
        remaining = progress.remaining();
        shown.setExtraMessage(" " + progress.measures());
        shown.stepTo(progress.step());
    }

    private ProgressBar start(Progress progress) {
        return ProgressBar.builder()
                .setTaskName(progress.task())
                // The other styles need a terminal that shows block characters.
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" steps", 1)
                .setInitialMax(progress.steps().orElse(UNKNOWN))
                .setEtaFunction(state -> remaining)
                .setConsumer(new ConsoleProgressBarConsumer(out))
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
    }
}
