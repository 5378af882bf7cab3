/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Reads what {@link NumbersOut} wrote, in the same order. */
@API(status = API.Status.INTERNAL)
public final class NumbersIn {

    private final DataInputStream in;

    /** Reads from a stream, which is left open. */
    public NumbersIn(InputStream stream) {
        in = new DataInputStream(new BufferedInputStream(stream));
    }

    /** Reads one element of a list. */
    @FunctionalInterface
    public interface Element<T> {

        /** Reads it. */
        T read() throws IOException;
    }

    /** Reads a whole number. */
    public long wholeNumber() throws IOException {
        return in.readLong();
    }

    /** Reads a whole number that is small. */
    public int smallNumber() throws IOException {
        return Math.toIntExact(in.readLong());
    }

    /** Reads a number. */
    public double number() throws IOException {
        return Double.longBitsToDouble(in.readLong());
    }

    /** Reads a truth value. */
    public boolean flag() throws IOException {
        return in.readBoolean();
    }

    /** Reads a name. */
    public String name() throws IOException {
        return in.readUTF();
    }

    /** Reads numbers. */
    public double[] numbers() throws IOException {
        double[] values = new double[smallNumber()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number();
        }
        return values;
    }

    /** Reads an array, new and outside of workspaces, or null. */
    public @Nullable INDArray array() throws IOException {
        if (!flag()) {
            return null;
        }
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return Nd4j.read(in);
        }
    }

    /** Reads arrays, or null. */
    public @Nullable INDArray @Nullable [] arrays() throws IOException {
        if (!flag()) {
            return null;
        }
        @Nullable INDArray[] arrays = new @Nullable INDArray[smallNumber()];
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = array();
        }
        return arrays;
    }

    /** Reads elements. */
    public <T> List<T> all(Element<T> each) throws IOException {
        int size = smallNumber();
        List<T> elements = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            elements.add(each.read());
        }
        return elements;
    }
}
