/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import org.apache.spark.Partitioner;

/**
 * Cuts an array into slices of nearly the same length, one for each reducer. Elements are added one by one, so the
 * number of slices shows in no bit.
 */
final class Slices extends Partitioner {

    private static final long serialVersionUID = 1L;

    /** So many bytes are read in one go. */
    private static final long LARGEST = 64 << 20;

    private final long length;
    private final int count;

    /**
     * Cuts.
     *
     * @param length number of elements, at least 1
     * @param width bytes of each
     * @param partitions that each bring an array
     */
    Slices(long length, int width, int partitions) {
        this.length = length;
        long needed = Math.max(partitions, (length * width + LARGEST - 1) / LARGEST);
        count = Math.toIntExact(Math.min(length, needed));
    }

    long from(int slice) {
        return length * slice / count;
    }

    long to(int slice) {
        return from(slice + 1);
    }

    @Override
    public int numPartitions() {
        return count;
    }

    @Override
    public int getPartition(Object slice) {
        return (Integer) slice;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Slices slices && slices.length == length && slices.count == count;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(length) + count;
    }
}
