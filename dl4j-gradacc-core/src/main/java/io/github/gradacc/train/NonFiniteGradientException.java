/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * A gradient held NaN or infinity. The step is not taken: parameters, updater state and counters are as after the last
 * step, and the window that was open is discarded.
 */
public final class NonFiniteGradientException extends ArithmeticException {

    private static final long serialVersionUID = 1L;

    private final int iteration;
    private final int microBatch;
    private final double score;

    NonFiniteGradientException(int iteration, int microBatch, double score, String message) {
        super(message);
        this.iteration = iteration;
        this.microBatch = microBatch;
        this.score = score;
    }

    /** Returns the number of the step that was not taken, from 0. */
    public int iteration() {
        return iteration;
    }

    /** Returns the position in its window of the micro-batch, from 0; of the last one if their sum overflowed. */
    public int microBatch() {
        return microBatch;
    }

    /** Returns the score of that micro-batch, often not finite either; of the whole window if the sum overflowed. */
    public double score() {
        return score;
    }
}
