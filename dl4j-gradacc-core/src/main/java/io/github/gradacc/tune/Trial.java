/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

/**
 * What came of trying a setting on the sample.
 *
 * @param microBatchSize most examples of a micro-batch; the number of examples of the sample if that was left whole
 * @param parallelism number of workers
 * @param outcome whether the other figures are there
 * @param millisecondsPerStep median time of an optimizer step on the whole sample; NaN unless measured
 * @param peakBytes largest resident memory of the process while steps were taken; 0 if no step was
 */
public record Trial(int microBatchSize, int parallelism, Outcome outcome, double millisecondsPerStep, long peakBytes) {

    /** What can come of it. */
    public enum Outcome {
        /** It fits, and its time was measured. */
        MEASURED,
        /** It takes more memory than the limit: seen, or foreseen from smaller sizes. */
        TOO_LARGE,
        /** The time was up. */
        NOT_TRIED
    }

    /** @throws IllegalArgumentException if a number is below 1, or a measured trial has no time */
    public Trial {
        if (microBatchSize < 1 || parallelism < 1) {
            throw new IllegalArgumentException(
                    "A micro-batch has at least 1 example and 1 worker, got " + microBatchSize + " and " + parallelism);
        }
        if (outcome == Outcome.MEASURED && !(millisecondsPerStep > 0)) {
            throw new IllegalArgumentException(
                    "A measured trial has a time above 0, got " + millisecondsPerStep + " milliseconds");
        }
    }

    boolean isMeasured() {
        return outcome == Outcome.MEASURED;
    }

    /** Returns the number of rounds of passes side by side, and the size of the largest of these passes. */
    private double workFor(int examples) {
        long passes = (examples - 1) / microBatchSize + 1L;
        long rounds = (passes - 1) / parallelism + 1;
        return rounds * Math.ceil((double) examples / passes);
    }

    /**
     * Estimates the time of a step on another number of examples: passes of equal size take equal time, and as many as
     * there are workers are made at once.
     */
    double milliseconds(int examples, int measuredExamples) {
        return examples == measuredExamples
                ? millisecondsPerStep
                : millisecondsPerStep * workFor(examples) / workFor(measuredExamples);
    }
}
