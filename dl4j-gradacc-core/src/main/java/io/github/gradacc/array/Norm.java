/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The 2-norm by BLAS, whose squares do not overflow; ND4J's own adds them up in the type of the array. */
@API(status = API.Status.INTERNAL)
public final class Norm {

    private Norm() {}

    /**
     * Returns the square root of the sum of squares.
     *
     * @param array any shape, order and floating point type; copied if its elements are not contiguous, or have 16
     *     bits; not changed
     */
    public static double of(INDArray array) {
        return Nd4j.getBlasWrapper().level1().nrm2(BlasVector.of(array));
    }
}
