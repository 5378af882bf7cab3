/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * Changes the gradient of a window before the optimizer step.
 *
 * <p>The order of a step is: sum of the micro-batches, mean, transforms in the order in which they were given, DL4J's
 * own gradient normalization, L1 and L2, updater. Transforms see what DL4J's gradient normalization sees: the mean
 * gradient (the sum, in a network configured with {@code miniBatch(false)}), without regularization. They see it once
 * per step, in truncated BPTT once per time segment; never that of frozen layers or of parameters for layerwise
 * pretraining only, and never updates that are no gradients, such as running statistics.
 *
 * <p>A transform of your own changes the arrays of {@link WindowGradient#parameters()} in place. It is called on the
 * thread that trains. While it runs, ND4J's generator of that thread draws from a stream that depends on the network's
 * seed and the step only. What it throws ends the step, and leaves the network as it was; so does a gradient that is
 * not finite afterwards.
 */
@FunctionalInterface
public interface GradientTransform {

    /** Changes the gradient in place. */
    void apply(WindowGradient gradient);
}
