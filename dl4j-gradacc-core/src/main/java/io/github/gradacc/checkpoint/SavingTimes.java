/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * When to save: after so many steps, after so much time, or after whichever comes first.
 *
 * @param steps number of steps from one checkpoint to the next
 * @param time from one checkpoint to the next
 */
record SavingTimes(OptionalInt steps, Optional<Duration> time) {

    private static final int DEFAULT_STEPS = 1000;

    /** Nothing was chosen. */
    static final SavingTimes DEFAULT = new SavingTimes(OptionalInt.empty(), Optional.empty());

    /** Tells whether it is time, given what has passed since the last checkpoint. */
    boolean areDue(long stepsSince, long nanosSince) {
        int everySteps = steps.orElse(time.isPresent() ? Integer.MAX_VALUE : DEFAULT_STEPS);
        return stepsSince >= everySteps
                || time.map(each -> each.minusNanos(nanosSince))
                        .filter(left -> left.isZero() || left.isNegative())
                        .isPresent();
    }
}
