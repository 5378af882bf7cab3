/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/** What one micro-batch adds to the gradient of its window: a gradient that was computed, or one known to be zero. */
@API(status = API.Status.INTERNAL)
public sealed interface Summand permits MicroGradient, ZeroGradient {

    /** Returns the number of examples of the micro-batch, at least 1. */
    int examples();

    /** Returns the part of the pass's score that is a mean over examples. */
    double meanScore();

    /**
     * Returns the part of the score that is a sum over examples; 0 unless the network is configured with
     * {@code miniBatch(false)}.
     */
    double summedScore();

    /** Returns the network's score of this micro-batch: the sum of both parts. */
    default double score() {
        return meanScore() + summedScore();
    }
}
