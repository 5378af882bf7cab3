/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * Decides whether a step is taken that could be. Asked when the gradient of a window is computed, is finite and has
 * gone through the transforms, in truncated BPTT for each time segment. Not called by native training.
 *
 * <p>A vetoed step leaves parameters, updater, schedules and counters untouched, like a window that is dropped; it is
 * logged, and {@link WindowListener#onSkipped} told of it. How many are vetoed in a row is not limited. If the filter
 * throws, the step is not taken either, the window is discarded, and the exception reaches the caller. One filter
 * serves one trainer, on the thread that trains.
 */
@FunctionalInterface
public interface StepFilter {

    /**
     * Tells whether to take a step.
     *
     * @param candidate the report as it will be if the step is taken; its {@code gradientNorm} is given whether or not
     *     a transform asked for it, before the transforms if none did
     * @return false to drop the window
     */
    boolean accepts(StepReport candidate);

    /**
     * Returns a filter against spikes of the score: it vetoes a step whose score is more than {@code factor} times the
     * mean score of the last {@code window} steps that were taken, once there are so many. So that a change that lasts
     * does not end training, it starts anew, without a memory, after {@code window} vetoes in a row. While the mean is
     * not above 0 nothing is vetoed: for losses that may be negative, write a filter of your own.
     *
     * @param factor more than 1
     * @param window at least 1
     * @return a filter with a memory: one for each trainer
     * @throws IllegalArgumentException if a number is out of its range
     */
    static StepFilter scoreSpike(double factor, int window) {
        return new ScoreSpike(factor, window);
    }
}
