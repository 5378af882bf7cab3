/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * A listener that is also told how large the gradients are that a {@link GradientAccumulationTrainer} adds up. Added to
 * the network like any other; the norms are found only while the network has such a listener.
 *
 * <p>Native training has no windows, and calls the methods of DL4J's listeners alone.
 */
public interface WindowListener extends TrainingListener {

    /**
     * Called once for each step, in truncated BPTT for each time segment: when the gradient of the whole window is
     * known to be finite, before it is transformed, before other events of the step, and on the thread that trains. If
     * it throws, the step is not taken.
     *
     * <p>Also called for a step that a {@link StepFilter} then vetoes. Not called for a window in which no label counts
     * or whose gradient is not finite, which takes no step, nor for one that was already being
     * filled when the network got its first listener of this kind.
     *
     * @param model the network, with the parameters that the gradients belong to
     * @param norms of the window and its micro-batches
     */
    void onWindow(Model model, WindowNorms norms);

    /**
     * Called when a window is dropped, or when micro-batches are left out of one, in place of the step and before it,
     * respectively, on the thread that trains; in truncated BPTT for each time segment. Does nothing by default. If it
     * throws, no step is taken and the window is discarded.
     *
     * @param model the network as it is after its last step
     * @param skipped what was skipped, and why
     */
    default void onSkipped(Model model, SkippedWindow skipped) {}
}
