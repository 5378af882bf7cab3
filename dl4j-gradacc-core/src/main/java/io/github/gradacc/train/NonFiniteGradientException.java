/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * A gradient held NaN or infinity. The step is not taken: parameters, updater state and counters are as after the last step,
 * and the window that was open is discarded.
 */
public final class NonFiniteGradientException extends ArithmeticException {

    private static final long serialVersionUID = 1L;

    private final int iteration;
    private final int microBatch;

    NonFiniteGradientException(int iteration, int microBatch, String message) {
        super(message);
        this.iteration = iteration;
        this.microBatch = microBatch;
    }

    /** Returns the number of the step that was not taken, from 0. */
    public int iteration() {
        return iteration;
    }

    /** Returns the position in its window of the micro-batch, from 0; of the last one if their sum overflowed. */
    public int microBatch() {
        return microBatch;
    }
}
