/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The nearest values in an interval around 0. */
final class Clipped {

    private Clipped() {}

    /** Returns {@code max(-bound, min(x, bound))}, a new array. */
    static INDArray of(INDArray x, double bound) {
        return Transforms.max(Transforms.min(x, bound, true), -bound, false);
    }
}
