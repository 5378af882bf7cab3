/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How far a training has come.
 *
 * @param epoch the epoch that runs, from 1; 0 if no epoch was announced
 * @param epochs how many there are to be, where known
 * @param step steps taken in this epoch
 * @param steps steps of an epoch, where known
 * @param examplesPerSecond in this epoch
 * @param score of the last step
 * @param remaining time, of all epochs if their number is known, otherwise of this one; empty if unknown
 */
record Progress(
        int epoch,
        OptionalInt epochs,
        int step,
        OptionalInt steps,
        double examplesPerSecond,
        double score,
        Optional<Duration> remaining) {

    /** "epoch 2/5"; "training" outside of epochs. */
    String task() {
        return epoch == 0 ? "training" : "epoch " + of(epoch, epochs);
    }

    /** "1234 examples/s, score 0.4321". */
    String measures() {
        return String.format(Locale.ROOT, "%.0f examples/s, score %.4g", examplesPerSecond, score);
    }

    /** "1234 examples/s, score 0.4321, ETA 0:01:23". */
    String measuresAndEta() {
        return measures() + remaining.map(time -> ", ETA " + clock(time)).orElse("");
    }

    /** "epoch 2/5, step 30/120, 1234 examples/s, score 0.4321, ETA 0:01:23". */
    String line() {
        return task() + ", step " + of(step, steps) + ", " + measuresAndEta();
    }

    private static String of(int part, OptionalInt whole) {
        return whole.isPresent() ? part + "/" + whole.getAsInt() : String.valueOf(part);
    }

    private static String clock(Duration time) {
        return String.format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart());
    }
}
