/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.PrintStream;
import java.util.function.LongSupplier;

/** A line now and then, and at the end of each epoch: for files, logs and pipes. */
final class LineDisplay implements ProgressDisplay {

    private final PrintStream out;
    private final long intervalNanos;
    private final LongSupplier nanoTime;
    private long lastLine;

    LineDisplay(PrintStream out, long intervalNanos, LongSupplier nanoTime) {
        this.out = out;
        this.intervalNanos = intervalNanos;
        this.nanoTime = nanoTime;
        lastLine = nanoTime.getAsLong();
    }

    @Override
    public void show(Progress progress) {
        if (nanoTime.getAsLong() - lastLine >= intervalNanos) {
            print(progress);
        }
    }

    @Override
    public void endEpoch(Progress progress) {
        print(progress);
    }

    private void print(Progress progress) {
        lastLine = nanoTime.getAsLong();
        out.println(progress.line());
    }

    /** The stream belongs to whoever gave it. */
    @Override
    public void close() {
        out.flush();
    }
}
