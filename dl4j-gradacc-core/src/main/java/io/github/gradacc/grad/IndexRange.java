/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import io.github.gradacc.array.Slice;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A half-open range of positions in a flattened parameter or gradient array.
 *
 * @param from first position, at least 0
 * @param to one past the last position, greater than {@code from}
 */
@API(status = API.Status.INTERNAL)
public record IndexRange(long from, long to) {

    /** @throws IllegalArgumentException if the range is empty or starts below 0 */
    public IndexRange {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("A range needs 0 <= from < to, got [" + from + ", " + to + ")");
        }
    }

    /** Returns the number of positions. */
    public long length() {
        return to - from;
    }

    /**
     * Returns the elements of this range.
     *
     * @param flat array of rank 1, at least {@code to} long
     * @return a view of rank 1 that shares the memory of {@code flat}
     */
    public INDArray of(INDArray flat) {
        return Slice.of(flat, from, to);
    }
}
