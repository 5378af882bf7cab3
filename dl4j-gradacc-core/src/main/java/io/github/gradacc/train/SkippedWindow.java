/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * A window, or a part of one, that was skipped.
 *
 * @param iteration number of the step that it was for, from 0; if the window was dropped, that of the next step
 * @param epoch number of epochs completed
 * @param reason why
 * @param dropped whether no step is taken: the whole window is skipped, in truncated BPTT at least for this segment
 * @param microBatches number of micro-batches that are skipped; those skipped in earlier segments are not counted again
 *     unless the window is dropped
 * @param examples their number of examples
 * @param score of the micro-batch that was found first, without regularization and often not finite; of the window if
 *     its step was vetoed
 */
public record SkippedWindow(
        int iteration, int epoch, Reason reason, boolean dropped, int microBatches, long examples, double score) {

    /** Why a window is skipped. */
    public enum Reason {
        /** A gradient holds NaN or infinity ({@link NonFinitePolicy}). */
        NOT_FINITE,
        /** The gradient overflowed since it was scaled up too far ({@link LossScaling#dynamic()}). */
        OVERFLOW,
        /** The {@link StepFilter} refused the step. */
        VETOED
    }
}
