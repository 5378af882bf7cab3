/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.NavigableMap;

/** Numbers of batches by the epoch from which they hold; a record, so that two trainings can be compared. */
record EpochSchedule(NavigableMap<Integer, Integer> batchesFromEpoch) implements AccumulationSchedule {

    @Override
    public int stepsAt(int iteration, int epoch) {
        return batchesFromEpoch.floorEntry(epoch).getValue();
    }
}
