/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/** A micro-batch was added whose gradient holds NaN or infinity. The sum is spoiled: clear it. */
@API(status = API.Status.INTERNAL)
public final class NotFiniteException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int microBatch;
    private final double score;

    NotFiniteException(int microBatch, double score) {
        super("The gradient of micro-batch " + microBatch + " holds NaN or infinity");
        this.microBatch = microBatch;
        this.score = score;
    }

    /** Returns the position of the micro-batch in its window, from 0. */
    public int microBatch() {
        return microBatch;
    }

    /** Returns the score of the micro-batch. */
    public double score() {
        return score;
    }
}
