/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The second half of a reduce-scatter: a reducer adds its slice of all partitions, in the order of the partitions and
 * not in that of their arrival, which would change the last bits from run to run. Headers pass through.
 */
class AddPieces implements FlatMapFunction<Iterator<byte[]>, byte[]> {

    private static final long serialVersionUID = 1L;

    @Override
    public Iterator<byte[]> call(Iterator<byte[]> arrived) {
        List<Piece> pieces = new ArrayList<>();
        arrived.forEachRemaining(bytes -> pieces.add(Values.fromBytes(bytes, Piece.class)));
        pieces.sort(Comparator.comparingInt(Piece::source));
        List<byte[]> sent = new ArrayList<>();
        Piece first = null;
        for (Piece piece : pieces) {
            if (piece.elements().length > 0) {
                if (first == null) {
                    first = piece;
                } else {
                    add(piece.type(), first.elements(), piece.elements());
                }
            }
            if (piece.header() != null) {
                sent.add(Values.toBytes(new Piece(piece.source(), piece.header(), piece.type(), new byte[0])));
            }
        }
        if (first != null) {
            sent.add(Values.toBytes(new Piece(first.source(), null, first.type(), first.elements())));
        }
        return sent.iterator();
    }

    /** {@code sum := sum + next}. The core sums in these two types alone. */
    private static void add(DataType type, byte[] sum, byte[] next) {
        switch (type) {
            case DOUBLE -> add(buffer(sum).asDoubleBuffer(), buffer(next).asDoubleBuffer());
            case FLOAT -> add(buffer(sum).asFloatBuffer(), buffer(next).asFloatBuffer());
            default -> throw new IllegalStateException("Sums are kept in DOUBLE or FLOAT, got " + type);
        }
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    private static void add(DoubleBuffer sum, DoubleBuffer next) {
        for (int i = 0; i < sum.limit(); i++) {
            sum.put(i, sum.get(i) + next.get(i));
        }
    }

    private static void add(FloatBuffer sum, FloatBuffer next) {
        for (int i = 0; i < sum.limit(); i++) {
            sum.put(i, sum.get(i) + next.get(i));
        }
    }
}
