/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies of arrays that are made again and again, in the memory of earlier ones. */
@API(status = API.Status.INTERNAL)
public final class ArrayCopy {

    private ArrayCopy() {}

    /**
     * Copies an array. Shape, type and order are kept, and so are the bits of whatever is computed from it.
     *
     * @param array the array
     * @param memory an earlier copy that nobody reads any more, or null
     * @return {@code memory} if it fits, otherwise a new array
     */
    public static INDArray of(INDArray array, @Nullable INDArray memory) {
        if (memory != null
                && memory.dataType() == array.dataType()
                && memory.ordering() == array.ordering()
                && memory.equalShapes(array)) {
            return memory.assign(array);
        }
        return array.dup(array.ordering());
    }
}
