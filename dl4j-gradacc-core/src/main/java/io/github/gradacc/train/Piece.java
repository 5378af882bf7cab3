/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.ArrayList;
import java.util.List;

/**
 * A micro-batch whose pass waits: some examples of a batch.
 *
 * @param batch the position of its batch among those that wait
 * @param from the first example
 * @param to the example after the last
 */
record Piece(int batch, int from, int to) {

    int examples() {
        return to - from;
    }

    /** Cuts it into pieces of these sizes, which add up to its own. */
    List<Piece> cut(List<Integer> sizes) {
        List<Piece> pieces = new ArrayList<>();
        int start = from;
        for (int size : sizes) {
            pieces.add(new Piece(batch, start, start + size));
            start += size;
        }
        return pieces;
    }
}
