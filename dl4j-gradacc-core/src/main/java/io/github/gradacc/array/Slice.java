/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A part of an array along one dimension, as a view.
 *
 * <p>ND4J's own {@code get(interval)} is not used: of a view of rank 2 or more it returns some parts as empty arrays
 * (1.0.0-M2.1): those that start further from the beginning of the underlying buffer than the view is long.
 */
@API(status = API.Status.INTERNAL)
public final class Slice {

    private Slice() {}

    /**
     * Returns the part.
     *
     * @param array the array, not copied
     * @param dimension the dimension that is cut
     * @param from first position
     * @param to position after the last, greater than {@code from}
     * @return a view that shares the memory of the array
     */
    public static INDArray of(INDArray array, int dimension, long from, long to) {
        long[] shape = array.shape().clone();
        shape[dimension] = to - from;
        long offset = array.offset() + from * array.stride(dimension);
        return Nd4j.create(array.data(), shape, array.stride(), offset, array.ordering());
    }

    /**
     * Returns the first examples of an array: its part along dimension 0.
     *
     * @param array the array, not copied
     * @param examples how many, at least 1
     * @return a view that shares the memory of the array; the array itself if the part is all of it
     */
    public static INDArray first(INDArray array, long examples) {
        return array.size(0) == examples ? array : of(array, 0, 0, examples);
    }

    /**
     * Returns a part of a vector.
     *
     * @param vector shape [n], not copied
     * @param from first position
     * @param to position after the last, greater than {@code from}
     * @return a view that shares the memory of the vector; the vector itself if the part is all of it
     */
    public static INDArray of(INDArray vector, long from, long to) {
        return from == 0 && to == vector.length() ? vector : of(vector, 0, from, to);
    }
}
