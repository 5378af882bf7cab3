/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.LeftOut;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A window whose gradients are in the sum, as far as its step must know it.
 *
 * @param factor by which the sum is multiplied; empty if no label counts, so that there is no mean loss
 * @param leftOut micro-batches that are not in the sum
 * @param outOfMemory how many passes failed for lack of memory and were made again
 */
record SummedWindow(OptionalDouble factor, List<LeftOut> leftOut, int outOfMemory) {

    static OptionalDouble factor(boolean countsNothing, double factor) {
        return countsNothing ? OptionalDouble.empty() : OptionalDouble.of(factor);
    }
}
