/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.ArrayList;
import java.util.List;

/** Of each batch, the position of its first micro-batch in the window. */
final class FirstPositions {

    private final List<Integer> positions = new ArrayList<>();

    /** Notes the next batch. */
    void add(int position) {
        positions.add(position);
    }

    /** Returns the position of the batch to which a micro-batch belongs; -1 if that came before all of them. */
    int batchOf(int microBatch) {
        int batch = -1;
        while (batch + 1 < positions.size() && positions.get(batch + 1) <= microBatch) {
            batch++;
        }
        return batch;
    }
}
