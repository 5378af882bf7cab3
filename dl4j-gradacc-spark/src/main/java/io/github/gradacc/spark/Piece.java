/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** A slice of the sum of one partition, or, from there on, of all. The first slice brings the header. */
final class Piece implements Serializable {

    private static final long serialVersionUID = 1L;

    private final int source;
    private final @Nullable ShareHeader header;
    private final DataType type;
    private final byte[] elements;

    /**
     * Makes a piece.
     *
     * @param source the partition
     * @param header of the partition's share; null in all pieces but one
     * @param type of the elements
     * @param elements not copied; none after a failure
     */
    Piece(int source, @Nullable ShareHeader header, DataType type, byte[] elements) {
        this.source = source;
        this.header = header;
        this.type = type;
        this.elements = elements;
    }

    int source() {
        return source;
    }

    @Nullable
    ShareHeader header() {
        return header;
    }

    DataType type() {
        return type;
    }

    byte[] elements() {
        return elements;
    }
}
