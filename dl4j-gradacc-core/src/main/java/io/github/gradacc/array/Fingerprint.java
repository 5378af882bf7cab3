/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A short number that tells arrays apart: two checksums of their types, shapes and elements, in 'c' order whatever the
 * order of memory. Arrays that are the same have the same one; that others have it, too, is a matter of chance, once in
 * 2^64. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class Fingerprint {

    private static final int ELEMENTS = 1 << 12;

    private final Checksum first = new CRC32();
    private final Checksum second = new CRC32C();
    private final ByteBuffer buffer = ByteBuffer.allocate(ELEMENTS * Long.BYTES);

    /** Of no array so far. */
    public Fingerprint() {}

    /** Takes in arrays, some of which may be null. */
    public void addAll(@Nullable INDArray @Nullable [] arrays) {
        if (arrays == null) {
            add("none");
            return;
        }
        add(arrays.length + " arrays");
        for (INDArray array : arrays) {
            if (array == null) {
                add("null");
            } else {
                add(array.dataType() + Arrays.toString(array.shape()));
                Elements.forEach(array, this::add);
            }
        }
    }

    private void add(double element) {
        if (!buffer.hasRemaining()) {
            drain();
        }
        buffer.putLong(Double.doubleToRawLongBits(element));
    }

    private void add(String words) {
        words.chars().forEach(letter -> add((double) letter));
    }

    private void drain() {
        buffer.flip();
        first.update(buffer.duplicate());
        second.update(buffer.duplicate());
        buffer.clear();
    }

    /** Returns the number, in 16 hexadecimal digits. */
    public String value() {
        drain();
        return String.format("%08x%08x", first.getValue(), second.getValue());
    }
}
