/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.List;

/**
 * How large the gradient of a window is, and those of its micro-batches. Gradients are those of the mean loss over
 * examples, as the backward passes leave them: before transforms, clipping, normalization and regularization. With
 * another {@link LossNormalization} the losses are scaled as in the step, by a factor that is the same for all
 * micro-batches of the window. Norms are 2-norms over all parameters that are trained by a gradient: no frozen layers,
 * no running statistics, no centers.
 *
 * @param iteration number of the step, from 0
 * @param epoch number of epochs completed before the step
 * @param norm of the mean gradient of all examples of the window
 * @param microBatches all micro-batches of the window, in order, at least one. In truncated BPTT sequences that ended
 *     before the segment are there with the norm 0, since they count among the examples
 */
public record WindowNorms(int iteration, int epoch, double norm, List<MicroBatch> microBatches) {

    /** Copies the list. */
    public WindowNorms {
        microBatches = List.copyOf(microBatches);
        if (microBatches.isEmpty()) {
            throw new IllegalArgumentException("A window has at least 1 micro-batch, got none");
        }
    }

    /**
     * One micro-batch.
     *
     * @param examples its number of examples, at least 1
     * @param norm of the mean gradient of these examples
     */
    public record MicroBatch(int examples, double norm) {

        /** @throws IllegalArgumentException if there is no example, or the norm is below 0 or NaN */
        public MicroBatch {
            if (examples < 1 || !(norm >= 0)) {
                throw new IllegalArgumentException("A micro-batch has at least 1 example and a norm of at least 0, got "
                        + examples + " examples and the norm " + norm);
            }
        }
    }

    /** Returns the number of examples in the window. */
    public long examples() {
        return microBatches.stream().mapToLong(MicroBatch::examples).sum();
    }
}
