/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import io.github.gradacc.array.Slice;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads arrays of rank 2 at the speed of memory, some rows at a time: labels are checked in each call of a loss, and
 * that must cost next to nothing.
 */
final class Chunks {

    /** Elements at a time: 512 KB on the heap. */
    private static final long ELEMENTS = 1 << 16;

    private Chunks() {}

    /** Gets some rows. */
    @FunctionalInterface
    interface Action {

        /**
         * Does something with them.
         *
         * @param firstRow the number of the first
         * @param values the rows one after the other
         */
        void accept(long firstRow, double[] values);
    }

    /** Reads an array [n, c]. It is not changed. */
    static void forEach(INDArray array, Action action) {
        long rows = array.size(0);
        long step = Math.max(1, ELEMENTS / array.size(1));
        for (long row = 0; row < rows; row += step) {
            long end = Math.min(rows, row + step);
            action.accept(row, read(row == 0 && end == rows ? array : Slice.of(array, 0, row, end)));
        }
    }

    /** Reads all of an array [n, c], row by row. It is not changed. */
    static double[] read(INDArray array) {
        boolean single = array.dataType() == DataType.FLOAT;
        INDArray typed = single ? array : array.castTo(DataType.DOUBLE);
        INDArray plain = isPlain(typed) ? typed : typed.dup('c');
        double[] values = new double[(int) array.length()];
        if (single) {
            float[] narrow = new float[values.length];
            plain.data().asNioFloat().get(narrow);
            for (int i = 0; i < narrow.length; i++) {
                values[i] = narrow[i];
            }
        } else {
            plain.data().asNioDouble().get(values);
        }
        return values;
    }

    private static boolean isPlain(INDArray array) {
        boolean columnsAdjoin = array.stride(1) == 1 || array.size(1) == 1;
        boolean rowsAdjoin = array.stride(0) == array.size(1) || array.size(0) == 1;
        // A Java view of a buffer ends at 2 GB; copies of a chunk have buffers of their own.
        return columnsAdjoin && rowsAdjoin && array.data().length() <= ELEMENTS;
    }
}
