/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * {@code log(softmax(x))} and {@code softmax(x)} of each row, finite for any finite x. ND4J's operation takes the
 * logarithm of a softmax that has rounded to 0, and returns minus infinity (1.0.0-M2.1).
 */
record LogSoftmax(INDArray logarithms, INDArray probabilities) {

    /** Two new arrays of the shape of {@code x}, [n, c], which is not changed. */
    static LogSoftmax of(INDArray x) {
        INDArray shifted = x.subColumnVector(x.max(true, 1));
        INDArray exponentials = Transforms.exp(shifted, true);
        INDArray sums = exponentials.sum(true, 1);
        exponentials.diviColumnVector(sums);
        return new LogSoftmax(shifted.subiColumnVector(Transforms.log(sums, false)), exponentials);
    }
}
