/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.batch.MicroBatches;

/**
 * The settings of a search for a learning rate.
 *
 * @param from first rate
 * @param to last rate
 * @param steps number of rates
 * @param accumulationSteps batches of a window
 * @param microBatchSize most examples of a pass
 * @param smoothing weight of the past in the smoothed score
 * @param divergence factor of the best smoothed score at which to stop
 */
record RateRamp(
        double from,
        double to,
        int steps,
        int accumulationSteps,
        int microBatchSize,
        double smoothing,
        double divergence) {

    static final RateRamp DEFAULT = new RateRamp(1e-7, 10, 100, 1, MicroBatches.WHOLE, 0.9, 4);

    private static final int LEAST_STEPS = 10;

    RateRamp {
        if (!(from > 0 && from < to && to < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "The rates grow from above 0 to a larger, finite one, got " + from + " to " + to);
        }
        requireAtLeast("steps", LEAST_STEPS, steps);
        requireAtLeast("accumulationSteps", 1, accumulationSteps);
        requireAtLeast("microBatchSize", 1, microBatchSize);
        if (!(smoothing >= 0 && smoothing < 1)) {
            throw new IllegalArgumentException(
                    "The smoothing must be at least 0, for none, and below 1, got " + smoothing);
        }
        if (!(divergence > 1)) {
            throw new IllegalArgumentException("The divergence must be above 1, got " + divergence
                    + "; 4 stops where the smoothed score is four times the best");
        }
    }

    private static void requireAtLeast(String name, int least, int value) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", got " + value);
        }
    }

    double rate(int step) {
        return from * Math.pow(to / from, (double) step / (steps - 1));
    }

    /** Tells whether a smoothed score, compared with the least one so far, is beyond the end; NaN is. */
    boolean isDiverged(double smoothed, double best) {
        return !(smoothed < Double.POSITIVE_INFINITY && smoothed <= best + (divergence - 1) * Math.abs(best));
    }

    RateRamp between(double first, double last) {
        return new RateRamp(first, last, steps, accumulationSteps, microBatchSize, smoothing, divergence);
    }

    RateRamp steps(int number) {
        return new RateRamp(from, to, number, accumulationSteps, microBatchSize, smoothing, divergence);
    }

    RateRamp accumulationSteps(int batches) {
        return new RateRamp(from, to, steps, batches, microBatchSize, smoothing, divergence);
    }

    RateRamp microBatchSize(int examples) {
        return new RateRamp(from, to, steps, accumulationSteps, examples, smoothing, divergence);
    }

    RateRamp smoothing(double beta) {
        return new RateRamp(from, to, steps, accumulationSteps, microBatchSize, beta, divergence);
    }

    RateRamp divergence(double factor) {
        return new RateRamp(from, to, steps, accumulationSteps, microBatchSize, smoothing, factor);
    }
}
