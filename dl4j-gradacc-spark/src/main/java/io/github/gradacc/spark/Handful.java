/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Some of a partition's batches at a time, for a worker on its own thread: Spark's iterators belong to the thread of
 * the task, and all batches of a partition may be more than its heap holds.
 */
final class Handful {

    private static final long MOST_BYTES = 16 << 20;

    private Handful() {}

    /** Takes the next batches: one at least, if there is one, and no more once they are large together. */
    static List<byte[]> of(Iterator<byte[]> batches) {
        List<byte[]> some = new ArrayList<>();
        long bytes = 0;
        while (bytes < MOST_BYTES && batches.hasNext()) {
            byte[] next = batches.next();
            some.add(next);
            bytes += next.length;
        }
        return some;
    }
}
