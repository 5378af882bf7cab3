/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code softmax(x)} and {@code log(softmax(x))} of each row, finite for any finite x. ND4J's operation takes the
 * logarithm of a softmax that has rounded to 0, and returns minus infinity (1.0.0-M2.1).
 *
 * @param shifted {@code z = x - max(x)}, [n, c]
 * @param exponentials {@code e^z}, [n, c]
 * @param sums {@code sum e^z}, [n, 1]
 */
record LogSoftmax(INDArray shifted, INDArray exponentials, INDArray sums) {

    /** New arrays for {@code x}, [n, c], which is not changed. */
    static LogSoftmax of(INDArray x) {
        INDArray shifted = x.subColumnVector(x.max(true, 1));
        INDArray exponentials = Transforms.exp(shifted, true);
        return new LogSoftmax(shifted, exponentials, exponentials.sum(true, 1));
    }

    /** Returns {@code softmax(x)}, in the memory of the exponentials. */
    INDArray probabilities() {
        return exponentials.diviColumnVector(sums);
    }

    /** Returns {@code log(softmax(x))}, in the memory of the shifted numbers. */
    INDArray logarithms() {
        return shifted.subiColumnVector(Transforms.log(sums, true));
    }

    /** Returns {@code -sum_c t[c] log(softmax(x))[c]} for each row of t, [n, c]; the result is [n, 1]. */
    INDArray crossEntropy(INDArray t) {
        return Transforms.log(sums, true)
                .muli(t.sum(true, 1))
                .subi(shifted.mul(t).sum(true, 1));
    }
}
