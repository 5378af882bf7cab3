/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.io.Serializable;
import java.util.Arrays;
import org.apiguardian.api.API;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An array as its bytes: row by row ('c' order), each element as this machine has it in memory. For the way to another
 * process on a machine of the same byte order; copying bytes takes a fraction of the time of ND4J's own streams, which
 * write element by element.
 *
 * <p>Immutable as long as nobody writes to {@link #bytes()}, which are not copied.
 */
@API(status = API.Status.INTERNAL)
public final class RawArray implements Serializable {

    private static final long serialVersionUID = 1L;

    private final DataType type;
    private final long[] shape;
    private final byte[] bytes;

    /**
     * Wraps bytes.
     *
     * @param type of the elements, all of which have the same number of bytes
     * @param bytes the elements, not copied
     * @param shape of the array
     * @throws IllegalArgumentException if they are not as many as the shape has
     */
    public RawArray(DataType type, byte[] bytes, long... shape) {
        this.type = type;
        this.shape = shape.clone();
        this.bytes = bytes;
        long expected = size(type, shape);
        if (bytes.length != expected) {
            throw new IllegalArgumentException("An array of shape " + Arrays.toString(shape) + " in " + type + " has "
                    + expected + " bytes, got " + bytes.length);
        }
    }

    /**
     * Copies an array.
     *
     * @param array of any shape and order, or a view
     * @throws IllegalArgumentException if it has no elements, or more bytes than a Java array can hold
     */
    public static RawArray of(INDArray array) {
        if (array.isEmpty()) {
            throw new IllegalArgumentException("An array must have elements to be copied, this one of shape "
                    + Arrays.toString(array.shape()) + " has none: a batch needs at least one example");
        }
        long size = size(array.dataType(), array.shape());
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("An array of " + size + " bytes (shape "
                    + Arrays.toString(array.shape()) + " in " + array.dataType()
                    + ") is too large for one Java array, which holds 2 GB");
        }
        byte[] bytes = new byte[Math.toIntExact(size)];
        // A permuted array may say that its order is 'c' and that it is no view: its strides tell.
        boolean isPlain = !array.isView() && Arrays.equals(array.stride(), ArrayUtil.calcStrides(array.shape(), 1));
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            memory(isPlain ? array : array.dup('c')).get(bytes);
        }
        return new RawArray(array.dataType(), bytes, array.shape());
    }

    /** Makes an array of it, a copy outside of workspaces. */
    public INDArray toArray() {
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            INDArray array = Nd4j.createUninitialized(type, shape, 'c');
            memory(array).put(bytes);
            return array;
        }
    }

    /**
     * Overwrites an array.
     *
     * @param array of this type and number of elements, rank 1 or 'c' order, not a view
     * @throws IllegalArgumentException if it differs
     */
    public void copyTo(INDArray array) {
        if (array.dataType() != type || array.length() * type.width() != bytes.length || array.isView()) {
            throw new IllegalArgumentException("Elements in " + type + " of shape " + Arrays.toString(shape)
                    + " do not fit into an array in " + array.dataType() + " of shape "
                    + Arrays.toString(array.shape()));
        }
        memory(array).put(bytes);
    }

    /** Returns the type of the elements. */
    public DataType type() {
        return type;
    }

    /** Returns the shape, a copy. */
    public long[] shape() {
        return shape.clone();
    }

    /** Returns the elements, not a copy. */
    public byte[] bytes() {
        return bytes;
    }

    private static BytePointer memory(INDArray array) {
        return new BytePointer(array.data().addressPointer());
    }

    private static long size(DataType type, long... shape) {
        return Arrays.stream(shape).reduce(type.width(), (a, b) -> a * b);
    }
}
