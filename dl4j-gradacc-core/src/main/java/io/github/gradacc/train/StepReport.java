/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * What one optimizer step was made of. With truncated BPTT a window takes a step after each time segment, and the
 * report is that of the last one.
 *
 * @param iteration number of the step, from 0; the number that listeners get in {@code iterationDone}
 * @param epoch number of epochs completed before the step
 * @param microBatches number of micro-batches in the window
 * @param examples number of examples in the window
 * @param score the network's score on the window before the step, regularization included: what {@code network.score()}
 *     is after native training on the window in one batch; NaN if no step was taken
 * @param gradientNorm the norm of the window's mean gradient over all trained parameters, as {@link ClipGlobalNorm}
 *     found it before clipping; NaN if no {@link GradientTransform} asked for it
 * @param outOfMemory how many passes of the window failed for lack of memory and were made again in halves; always 0
 *     unless {@link OutOfMemoryPolicy#HALVE} is set
 * @param stepped whether a step was taken: always, but for windows in which no label counts
 *     ({@link LossNormalization}), which leave the network as it was
 */
public record StepReport(
        int iteration,
        int epoch,
        int microBatches,
        long examples,
        double score,
        double gradientNorm,
        int outOfMemory,
        boolean stepped) {}
