/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;

/**
 * How many batches make a window, as training goes on. Asked once for each window, when its first batch arrives.
 */
@FunctionalInterface
public interface AccumulationSchedule {

    /**
     * Returns the number of batches of the window that is about to open.
     *
     * @param iteration number of optimizer steps taken so far
     * @param epoch number of epochs completed so far
     * @return number of batches, at least 1
     */
    int stepsAt(int iteration, int epoch);

    /**
     * The same number always.
     *
     * @param batches batches per window, at least 1
     * @throws IllegalArgumentException if it is less than 1
     */
    static AccumulationSchedule constant(int batches) {
        requirePositive(batches, "every epoch");
        return new ConstantSchedule(batches);
    }

    /**
     * A number that changes at given epochs: {@code {0: 8, 4: 2}} means 8 in epochs 0 to 3 and 2 from epoch 4 on.
     *
     * @param batchesFromEpoch batches per window, by the epoch from which they hold; epoch 0 must be in it. Copied
     * @throws IllegalArgumentException if epoch 0 is missing, or an epoch is negative, or a number is less than 1
     */
    static AccumulationSchedule byEpoch(Map<Integer, Integer> batchesFromEpoch) {
        if (batchesFromEpoch == null || batchesFromEpoch.values().stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("The schedule needs a number of batches for each of its epochs, got "
                    + batchesFromEpoch + ": start with {0: 1}");
        }
        NavigableMap<Integer, Integer> sorted = new TreeMap<>(batchesFromEpoch);
        if (sorted.isEmpty() || sorted.firstKey() != 0) {
            throw new IllegalArgumentException(
                    "The schedule must start at epoch 0, got " + sorted + ": make the smallest epoch in it 0");
        }
        sorted.forEach((epoch, batches) -> requirePositive(batches, "epoch " + epoch));
        return new EpochSchedule(sorted);
    }

    private static void requirePositive(int batches, String when) {
        if (batches < 1) {
            throw new IllegalArgumentException("A window has at least 1 batch, got " + batches + " for " + when);
        }
    }
}
