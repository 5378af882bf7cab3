/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * What happens when the gradient of a micro-batch holds NaN or infinity, or the sum of a window does. Never a step on
 * it. If the network's own parameters are not finite, every policy refuses: no later window could be better.
 */
public enum NonFinitePolicy {
    /** The window is discarded, and {@link NonFiniteGradientException} thrown. */
    REFUSE,

    /**
     * The whole window is dropped and training goes on with the next one, as if it had not been there: no step, and
     * neither updater nor schedules nor counters move. Batches of the window that are still to come belong to it, and
     * are not computed. In truncated BPTT the steps on earlier time segments stay, and the segments that are left are
     * dropped.
     */
    SKIP_STEP,

    /**
     * The micro-batch is left out of numerator and denominator alike: gradient, score, running statistics, listeners
     * and counts are those of the window without its examples. If nothing is left, or if finite gradients have a sum
     * that is not, the window is dropped as by {@link #SKIP_STEP}. Each gradient is searched before it is added, which
     * reads it once more.
     *
     * <p>In truncated BPTT the examples are left out of the time segment in which they went bad and, since their state
     * cannot be trusted, of those that follow; steps on earlier segments stay. Unlike sequences that have ended they do
     * not count in the denominators.
     */
    SKIP_MICRO_BATCH
}
