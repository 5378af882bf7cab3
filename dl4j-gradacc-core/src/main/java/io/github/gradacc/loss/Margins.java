/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** What losses with a margin share: {@code max(0, x)}, and where x is not negative. */
final class Margins {

    private Margins() {}

    static void check(double margin) {
        if (!Double.isFinite(margin)) {
            throw new IllegalArgumentException("margin must be finite, got " + margin);
        }
    }

    /** {@code max(0, x)}, in place. */
    static INDArray positivePart(INDArray x) {
        return Transforms.max(x, 0, false);
    }

    /** 1 where x is at least 0, otherwise 0: torch passes gradients at the kink. A new array of the same type. */
    static INDArray notNegative(INDArray x) {
        return x.gte(0).castTo(x.dataType());
    }
}
