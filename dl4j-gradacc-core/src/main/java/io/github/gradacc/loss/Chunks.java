/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import io.github.gradacc.array.Slice;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads arrays of rank 2 at the speed of memory, some rows at a time: labels are checked in each call of a loss, and
 * that must cost next to nothing.
 */
final class Chunks {

    /** Elements at a time: what the first cache holds. */
    private static final long ELEMENTS = 1 << 12;

    /** A Java view of a buffer ends at 2 GB; copies of some rows have buffers of their own. */
    private static final long LARGEST_VIEW = 1 << 27;

    private Chunks() {}

    /** Gets some rows. */
    @FunctionalInterface
    interface Action {

        /**
         * Does something with them.
         *
         * @param firstRow the number of the first
         * @param values the rows one after the other; only until the method returns
         * @param length how many numbers they are
         */
        void accept(long firstRow, double[] values, int length);
    }

    /** Reads an array [n, c]. It is not changed. */
    static void forEach(INDArray array, Action action) {
        if (array.length() > LARGEST_VIEW) {
            long half = array.size(0) / 2;
            forEach(Slice.of(array, 0, 0, half), action);
            forEach(
                    Slice.of(array, 0, half, array.size(0)),
                    (row, values, length) -> action.accept(half + row, values, length));
            return;
        }
        long columns = array.size(1);
        long step = Math.max(1, ELEMENTS / columns);
        double[] values = new double[(int) (Math.min(step, array.size(0)) * columns)];
        Source source = Source.of(array);
        for (long row = 0; row < array.size(0); row += step) {
            int length = (int) (Math.min(step, array.size(0) - row) * columns);
            source.next(values, length);
            action.accept(row, values, length);
        }
    }

    /** Reads all of an array [n, c], row by row. It is not changed. */
    static double[] read(INDArray array) {
        double[] values = new double[(int) array.length()];
        Source.of(array).next(values, values.length);
        return values;
    }

    /** The elements of an array, row by row. */
    private interface Source {

        void next(double[] values, int length);

        static Source of(INDArray array) {
            INDArray typed = array.dataType() == DataType.FLOAT ? array : array.castTo(DataType.DOUBLE);
            INDArray plain = isPlain(typed) ? typed : typed.dup('c');
            if (plain.dataType() == DataType.FLOAT) {
                FloatBuffer buffer = plain.data().asNioFloat();
                float[] narrow = new float[(int) Math.min(ELEMENTS, array.length())];
                return (values, length) -> {
                    for (int from = 0; from < length; from += narrow.length) {
                        int part = Math.min(narrow.length, length - from);
                        buffer.get(narrow, 0, part);
                        for (int i = 0; i < part; i++) {
                            values[from + i] = narrow[i];
                        }
                    }
                };
            }
            DoubleBuffer buffer = plain.data().asNioDouble();
            return (values, length) -> buffer.get(values, 0, length);
        }
    }

    private static boolean isPlain(INDArray array) {
        boolean columnsAdjoin = array.stride(1) == 1 || array.size(1) == 1;
        boolean rowsAdjoin = array.stride(0) == array.size(1) || array.size(0) == 1;
        return columnsAdjoin && rowsAdjoin && array.data().length() <= LARGEST_VIEW;
    }
}
