/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/**
 * Shows how far a training has come: epoch, step, examples per second, score and the time that remains. On a terminal
 * as a bar for each epoch, elsewhere as plain lines, one every ten seconds and one at the end of each epoch:
 *
 * <pre>
 *   epoch 2/5, step 30/120, 1234 examples/s, score 0.4321, ETA 0:01:23
 * </pre>
 *
 * <p>Steps are optimizer steps, in native training as in the trainer, and the examples of a step those of its whole
 * window; in truncated BPTT each time segment is a step, and a sequence counts once in each. How many steps an epoch
 * has is known if the builder was told, or else from the epoch before. Without epochs (training on single data sets)
 * steps are counted on. It prints nowhere but to the stream it was given.
 *
 * <p>The bar takes the library {@code me.tongfei:progressbar}, an optional dependency; lines do not. Add a listener of
 * its own to each network. {@link #close()} ends the bar of an epoch that was broken off; otherwise there is nothing to
 * close.
 */
public final class ProgressBarListener extends BaseTrainingListener implements AutoCloseable {

    private final ProgressDisplay display;
    private final OptionalInt epochs;
    private final OptionalInt stepsGiven;
    private final LongSupplier nanoTime;
    private OptionalInt stepsLearned = OptionalInt.empty();
    private int epoch;
    private int step;
    private long examples;
    private long started;
    private double score = Double.NaN;

    /**
     * A listener that knows nothing beforehand.
     *
     * @param out where to print, {@code System.err} for example; not closed
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if there is no library to draw the bar
     */
    public ProgressBarListener(PrintStream out) {
        this(new Builder(out));
    }

    private ProgressBarListener(Builder builder) {
        nanoTime = builder.nanoTime;
        epochs = builder.epochs;
        stepsGiven = builder.steps;
        started = nanoTime.getAsLong();
        display = builder.display();
    }

    @Override
    public void onEpochStart(Model model) {
        display.close();
        epoch++;
        startCounting();
    }

    private void startCounting() {
        step = 0;
        examples = 0;
        started = nanoTime.getAsLong();
    }

    @Override
    public void iterationDone(Model model, int iteration, int epochOfModel) {
        step++;
        examples += model.batchSize();
        score = model.score();
        display.show(progress());
    }

    @Override
    public void onEpochEnd(Model model) {
        display.endEpoch(progress());
        stepsLearned = OptionalInt.of(step);
    }

    /** Ends the bar that is being drawn; the next step starts another. */
    @Override
    public void close() {
        display.close();
    }

    private Progress progress() {
        double seconds = (nanoTime.getAsLong() - started) / 1e9;
        OptionalInt steps = steps();
        return new Progress(epoch, epochs, step, steps, examples / seconds, score, remaining(seconds, steps));
    }

    /** An epoch may turn out longer than the one before. */
    private OptionalInt steps() {
        OptionalInt known = stepsGiven.isPresent() ? stepsGiven : stepsLearned;
        return epoch > 0 && known.isPresent() ? OptionalInt.of(Math.max(known.getAsInt(), step)) : OptionalInt.empty();
    }

    private Optional<Duration> remaining(double seconds, OptionalInt steps) {
        if (steps.isEmpty() || step == 0) {
            return Optional.empty();
        }
        long later = Math.max(0, epochs.orElse(epoch) - epoch);
        double left = steps.getAsInt() - step + (double) later * steps.getAsInt();
        return Optional.of(Duration.ofMillis(Math.round(1000 * seconds / step * left)));
    }

    /** Configures a listener. Every setter checks its value and returns this builder. */
    public static final class Builder {

        private static final Duration INTERVAL = Duration.ofSeconds(10);

        private final PrintStream out;
        private OptionalInt epochs = OptionalInt.empty();
        private OptionalInt steps = OptionalInt.empty();
        private Duration interval = INTERVAL;
        private boolean lines;
        private boolean bar;
        private LongSupplier nanoTime = System::nanoTime;

        /**
         * Starts a configuration.
         *
         * @param out where to print; not closed
         * @throws IllegalArgumentException if it is null
         */
        public Builder(PrintStream out) {
            if (out == null) {
                throw new IllegalArgumentException("A stream to print to is needed, got null: give System.err");
            }
            this.out = out;
        }

        /**
         * Tells how many epochs there will be, so that the time that remains is that of all of them.
         *
         * @param number at least 1
         */
        public Builder epochs(int number) {
            epochs = OptionalInt.of(requireAtLeastOne("epochs", number));
            return this;
        }

        /**
         * Tells how many optimizer steps an epoch has, so that the first epoch has an end to see, too.
         *
         * @param number windows of an epoch (in truncated BPTT: time segments of all of them), at least 1
         */
        public Builder stepsPerEpoch(int number) {
            steps = OptionalInt.of(requireAtLeastOne("stepsPerEpoch", number));
            return this;
        }

        /**
         * Sets the time between two plain lines. Default 10 seconds.
         *
         * @param time at least 0, for a line after each step
         */
        public Builder interval(Duration time) {
            if (time == null || time.isNegative()) {
                throw new IllegalArgumentException("The interval must be a time of at least 0, got " + time);
            }
            interval = time;
            return this;
        }

        /** Prints plain lines, also on a terminal. */
        public Builder lines() {
            lines = true;
            bar = false;
            return this;
        }

        /** Draws a bar, also where the process has no terminal: by default it is drawn if it has one. */
        public Builder bar() {
            bar = true;
            lines = false;
            return this;
        }

        Builder clock(LongSupplier nanoseconds) {
            nanoTime = nanoseconds;
            return this;
        }

        /**
         * Makes the listener.
         *
         * @throws IllegalStateException unless plain lines were asked for, if there is no library to draw a bar
         */
        public ProgressBarListener build() {
            return new ProgressBarListener(this);
        }

        /** The library is asked for on every machine, not only where somebody watches. */
        private ProgressDisplay display() {
            if (!lines) {
                OptionalLibrary.PROGRESS_BAR.require(
                        "ProgressBarListener", ", or ask for plain lines with Builder.lines()");
            }
            return bar || (!lines && Terminal.isThere())
                    ? new BarDisplay(out)
                    : new LineDisplay(out, interval.toNanos(), nanoTime);
        }

        private static int requireAtLeastOne(String name, int number) {
            if (number < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, got " + number);
            }
            return number;
        }
    }
}
