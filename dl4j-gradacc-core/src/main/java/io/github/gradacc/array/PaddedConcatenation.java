/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.util.Arrays;
import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Joins arrays along the examples, dimension 0. Where they differ in another dimension (sequences of different lengths,
 * images of different sizes) the smaller ones are padded with zeros at the end.
 */
@API(status = API.Status.INTERNAL)
public final class PaddedConcatenation {

    private PaddedConcatenation() {}

    /**
     * Joins arrays.
     *
     * @param arrays at least one, all of the same rank and type; not changed
     * @return a new array, or the only one as it is
     */
    public static INDArray of(List<INDArray> arrays) {
        if (arrays.size() == 1) {
            return arrays.get(0);
        }
        long[] largest = arrays.get(0).shape().clone();
        for (INDArray array : arrays) {
            for (int d = 1; d < largest.length; d++) {
                largest[d] = Math.max(largest[d], array.size(d));
            }
        }
        return Nd4j.concat(
                0, arrays.stream().map(array -> padded(array, largest)).toArray(INDArray[]::new));
    }

    private static INDArray padded(INDArray array, long[] largest) {
        long[] shape = largest.clone();
        shape[0] = array.size(0);
        if (Arrays.equals(shape, array.shape())) {
            return array;
        }
        INDArray padded = Nd4j.zeros(array.dataType(), shape);
        padded.put(
                Arrays.stream(array.shape())
                        .mapToObj(size -> NDArrayIndex.interval(0, size))
                        .toArray(INDArrayIndex[]::new),
                array);
        return padded;
    }
}
