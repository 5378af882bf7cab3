/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.grad.GradientSum;
import java.util.List;

/**
 * What the passes of a run add up to: the sum of their gradients and, if someone asks for them, the activations and the
 * norms.
 *
 * @param sum gets the gradients
 * @param activations gets the activations
 * @param norms gets the norms
 * @param wanted what someone asks for
 */
record WindowTotal(GradientSum sum, ActivationLog activations, List<MicroBatchNorm> norms, Wanted wanted) {

    /**
     * Copies the last gradient out of an array that the next pass overwrites.
     *
     * @throws io.github.gradacc.grad.NotFiniteException if it holds NaN or infinity
     */
    void settle() {
        sum.settle();
    }

    void add(PassResult result) {
        int examples = result.gradient().examples();
        if (wanted.activations()) {
            activations.add(examples, result.activations());
        }
        if (wanted.norms()) {
            norms.add(new MicroBatchNorm(examples, result.norm()));
        }
        sum.add(result.gradient());
    }
}
