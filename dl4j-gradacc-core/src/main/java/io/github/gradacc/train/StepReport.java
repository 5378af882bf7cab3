/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * What one optimizer step was made of. With truncated BPTT a window takes a step after each time segment, and the
 * report is that of the last one taken.
 *
 * @param iteration number of the step, from 0; the number that listeners get in {@code iterationDone}
 * @param epoch number of epochs completed before the step
 * @param microBatches number of micro-batches of the window that count; 0 if the window was dropped
 * @param examples number of their examples; 0 if the window was dropped
 * @param score the network's score on the window before the step, regularization included: what {@code network.score()}
 *     is after native training on the window in one batch; NaN if no step was taken, unless a filter vetoed it
 * @param gradientNorm the norm of the window's mean gradient over all trained parameters, as {@link ClipGlobalNorm}
 *     found it before clipping; NaN if neither a {@link GradientTransform} nor a {@link StepFilter} asked for it
 * @param stepped whether a step was taken: always, but for windows in which no label counts
 *     ({@link LossNormalization}) or that were dropped ({@link NonFinitePolicy}, {@link LossScaling},
 *     {@link StepFilter}), which leave the network as it was
 * @param skippedMicroBatches number of micro-batches that were left out, all of them if the window was dropped; in
 *     truncated BPTT the most in any time segment
 * @param skippedExamples number of their examples
 * @param lossScale by what the gradients were multiplied on their way ({@link LossScaling}), 1 if by nothing
 * @param outOfMemory how many passes of the window failed for lack of memory and were made again in halves; always 0
 *     unless {@link OutOfMemoryPolicy#HALVE} is set
 */
public record StepReport(
        int iteration,
        int epoch,
        int microBatches,
        long examples,
        double score,
        double gradientNorm,
        boolean stepped,
        int skippedMicroBatches,
        long skippedExamples,
        double lossScale,
        int outOfMemory) {

    /** Joins the reports of time segments: that of the last step taken, with what was skipped in any. */
    StepReport followedBy(StepReport next) {
        StepReport last = next.stepped || !stepped ? next : this;
        return new StepReport(
                last.iteration,
                last.epoch,
                last.microBatches,
                last.examples,
                last.score,
                last.gradientNorm,
                last.stepped,
                Math.max(skippedMicroBatches, next.skippedMicroBatches),
                Math.max(skippedExamples, next.skippedExamples),
                last.lossScale,
                next.outOfMemory);
    }
}
