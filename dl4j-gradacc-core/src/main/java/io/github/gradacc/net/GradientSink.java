/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.MicroGradient;
import org.jspecify.annotations.Nullable;

/** Where the gradients of a run of passes go. */
public interface GradientSink {

    /** Called by the thread that called {@link Network#run}, before each pass that it makes itself; may throw to end the run. */
    void beforePass(Pass pass);

    /** Called by the thread that made a pass, several at a time; throws if the gradient must not be summed. */
    void check(Pass pass, MicroGradient gradient);

    /**
     * Turns the failure of a pass into what the caller of the run is to see.
     *
     * @param cause what was thrown; null if it was an error, which the caller sees as it is, with what is returned here
     *     suppressed in it
     */
    RuntimeException failed(Pass pass, @Nullable Exception cause);

    /** Called when the arrays of gradients taken before are about to be overwritten. One call at a time. */
    void makeRoom();

    /**
     * Counts examples whose sequences have ended: their gradient is zero. One call at a time, in the order of the passes.
     *
     * @param examples number of examples
     * @param score the score of nothing: regularization
     */
    void takeEnded(int examples, double score);

    /** Takes a gradient, by reference until {@link #makeRoom()}. One call at a time, in the order of the passes. */
    void take(MicroGradient gradient);
}
