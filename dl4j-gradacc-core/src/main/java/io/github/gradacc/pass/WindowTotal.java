/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.grad.GradientSum;

/**
 * What the passes of a run add up to: the sum of their gradients and, if a listener asks for them, the activations.
 *
 * @param sum gets the gradients
 * @param activations gets the activations
 * @param keepsActivations whether anyone asks for activations
 */
record WindowTotal(GradientSum sum, ActivationLog activations, boolean keepsActivations) {

    /**
     * Copies the last gradient out of an array that the next pass overwrites.
     *
     * @throws io.github.gradacc.grad.NotFiniteException if it holds NaN or infinity
     */
    void settle() {
        sum.settle();
    }

    void add(PassResult result) {
        boolean counts = sum.add(result.microBatch(), result.gradient());
        if (counts && keepsActivations) {
            activations.add(result.gradient().examples(), result.activations());
        }
        // Also of one that is left out: its sequences stay bad.
        result.state().ifPresent(RecurrentState::advance);
    }
}
