/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.jspecify.annotations.Nullable;

/**
 * A forward or backward pass failed. The step is not taken: parameters, updater state and counters are as after the
 * last step, and the window that was open is discarded. The cause is what DL4J threw.
 *
 * <p>Errors ({@link OutOfMemoryError}, for example) reach the caller as they are; this exception is then suppressed in
 * them.
 */
public final class MicroBatchException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int iteration;
    private final int microBatch;

    MicroBatchException(int iteration, int microBatch, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.iteration = iteration;
        this.microBatch = microBatch;
    }

    /** Returns the number of the step that was not taken, from 0. */
    public int iteration() {
        return iteration;
    }

    /** Returns the position in its window of the micro-batch that failed, from 0. */
    public int microBatch() {
        return microBatch;
    }
}
