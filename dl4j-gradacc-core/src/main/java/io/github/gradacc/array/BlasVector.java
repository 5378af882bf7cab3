/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Arrays as BLAS takes them to reduce them to a number. */
final class BlasVector {

    private BlasVector() {}

    /**
     * Returns the elements as a vector of FLOAT or DOUBLE.
     *
     * @param array any shape, order and floating point type; copied if its elements are not contiguous, or have 16
     *     bits; not changed
     */
    static INDArray of(INDArray array) {
        INDArray vector = array.rank() == 1 ? array : array.reshape(array.ordering(), false, array.length());
        return Finiteness.isBlasType(vector.dataType()) ? vector : vector.castTo(DataType.FLOAT);
    }
}
