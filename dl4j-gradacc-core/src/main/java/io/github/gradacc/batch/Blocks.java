/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import io.github.gradacc.array.PaddedConcatenation;
import io.github.gradacc.array.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Arrays of several rows for each example, in as many blocks of one row for each: what a {@code StackVertex} makes,
 * which puts its inputs below each other.
 */
final class Blocks {

    private Blocks() {}

    /**
     * Cuts some examples out.
     *
     * @param rows the number of blocks
     * @param from the first example
     * @param to the example after the last
     * @return a view if there is one block, otherwise a new array
     */
    static INDArray slice(INDArray array, int rows, long from, long to) {
        if (rows == 1) {
            return Slice.of(array, 0, from, to);
        }
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return PaddedConcatenation.of(IntStream.range(0, rows)
                    .mapToObj(block -> block(array, rows, block, from, to))
                    .toList());
        }
    }

    /** Joins arrays along the examples, smaller ones padded as {@link PaddedConcatenation} does. */
    static INDArray join(List<INDArray> arrays, int rows) {
        List<INDArray> joined = new ArrayList<>();
        for (int block = 0; block < rows; block++) {
            for (INDArray array : arrays) {
                joined.add(block(array, rows, block, 0, array.size(0) / rows));
            }
        }
        return PaddedConcatenation.of(joined);
    }

    /** Cuts some examples out of one block. */
    private static INDArray block(INDArray array, int rows, int block, long from, long to) {
        long start = block * (array.size(0) / rows);
        return Slice.of(array, 0, start + from, start + to);
    }
}
