/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleConsumer;
import java.util.function.DoubleSupplier;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Reads and writes the elements of arrays one by one, in double precision and a chunk at a time, so that large arrays
 * need little memory on the Java heap.
 */
@API(status = API.Status.INTERNAL)
public final class Elements {

    /** Elements converted at a time: 512 KB on the heap. */
    private static final long CHUNK = 1 << 16;

    private Elements() {}

    /**
     * Reads all elements, in 'c' order.
     *
     * @param array any shape, order and floating point type; not changed
     * @param action gets each element
     */
    public static void forEach(INDArray array, DoubleConsumer action) {
        INDArray flat = array.ravel();
        for (long from = 0; from < flat.length(); from += CHUNK) {
            INDArray chunk = Slice.of(flat, from, Math.min(flat.length(), from + CHUNK));
            for (double x : chunk.castTo(DataType.DOUBLE).toDoubleVector()) {
                action.accept(x);
            }
        }
    }

    /**
     * Counts the elements that are not 0; NaN counts.
     *
     * @param array any shape, order and floating point type; not changed
     */
    public static long countNonZero(INDArray array) {
        LongAdder count = new LongAdder();
        forEach(array, x -> {
            if (x != 0) {
                count.increment();
            }
        });
        return count.sum();
    }

    /**
     * Writes all elements, in the order of memory.
     *
     * @param vector shape [n], any floating point type; changed
     * @param values gives each element
     */
    public static void fill(INDArray vector, DoubleSupplier values) {
        for (long from = 0; from < vector.length(); from += CHUNK) {
            double[] chunk = new double[(int) Math.min(CHUNK, vector.length() - from)];
            for (int i = 0; i < chunk.length; i++) {
                chunk[i] = values.getAsDouble();
            }
            Slice.of(vector, from, from + chunk.length).assign(Nd4j.createFromArray(chunk));
        }
    }
}
