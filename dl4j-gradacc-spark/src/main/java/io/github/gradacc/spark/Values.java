/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;

/**
 * Our own values as bytes, in Java's serialization: Spark may be set to Kryo, which fails on records and on classes
 * that are not registered.
 */
final class Values {

    private Values() {}

    static byte[] toBytes(Serializable value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        } catch (IOException e) {
            throw new UncheckedIOException(value.getClass() + " could not be written", e);
        }
        return bytes.toByteArray();
    }

    /** Reads what {@link #toBytes} wrote, from a process of the same version. */
    static <T> T fromBytes(byte[] bytes, Class<T> type) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            return type.cast(in.readObject());
        } catch (IOException e) {
            throw new UncheckedIOException(type + " could not be read", e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    "A class is missing here that the sender had: give driver and executors the same jars", e);
        }
    }
}
