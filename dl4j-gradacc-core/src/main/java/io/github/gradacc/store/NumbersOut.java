/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes numbers and arrays, bit for bit, to be read in the same order by {@link NumbersIn}. */
@API(status = API.Status.INTERNAL)
public final class NumbersOut {

    private static final int BUFFER = 1 << 16;

    private final DataOutputStream out;

    /** Writes to a stream, which is left open. */
    public NumbersOut(OutputStream stream) {
        out = new DataOutputStream(new BufferedOutputStream(stream, BUFFER));
    }

    /** Writes one element of a list, or one part of a whole. */
    @FunctionalInterface
    public interface Element<T> {

        /** Writes it. */
        void write(T value) throws IOException;
    }

    /** Writes all that is left in the buffer. */
    public void flush() throws IOException {
        out.flush();
    }

    /** Writes a whole number. */
    public void number(long value) throws IOException {
        out.writeLong(value);
    }

    /** Writes a number with all its bits. */
    public void number(double value) throws IOException {
        out.writeLong(Double.doubleToRawLongBits(value));
    }

    /** Writes a truth value. */
    public void flag(boolean value) throws IOException {
        out.writeBoolean(value);
    }

    /** Writes a name, of at most 65,535 bytes in UTF-8. */
    public void name(String value) throws IOException {
        out.writeUTF(value);
    }

    /** Writes numbers and how many they are. */
    public void numbers(double... values) throws IOException {
        number((long) values.length);
        for (double value : values) {
            number(value);
        }
    }

    /** Writes an array with its shape, type and order; null is written, too. */
    public void array(@Nullable INDArray array) throws IOException {
        flag(array != null);
        if (array != null) {
            Nd4j.write(array.isView() ? array.dup(array.ordering()) : array, out);
        }
    }

    /** Writes arrays and how many they are; null is written, too. */
    public void arrays(@Nullable INDArray @Nullable [] arrays) throws IOException {
        flag(arrays != null);
        if (arrays != null) {
            number((long) arrays.length);
            for (INDArray array : arrays) {
                array(array);
            }
        }
    }

    /** Writes elements and how many they are. */
    public <T> void all(Collection<T> elements, Element<T> each) throws IOException {
        number((long) elements.size());
        for (T element : List.copyOf(elements)) {
            each.write(element);
        }
    }
}
