/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareCount;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Which batches of which partitions make a window.
 *
 * <p>Batches are dealt in rounds: the first of each partition in the order of the partitions, then the second of each,
 * and so on. A window is so many of them in a row, so every window has work for all partitions, and which batches it
 * has depends on the data alone.
 */
final class Plan {

    private final List<PartitionCount> partitions;
    private final int batches;

    Plan(List<PartitionCount> partitions) {
        this.partitions = partitions;
        batches = partitions.stream().mapToInt(each -> each.batches().size()).sum();
    }

    /** Returns the number of batches in all partitions. */
    int batches() {
        return batches;
    }

    /** Returns how many partitions have batches. */
    int busyPartitions() {
        return Math.toIntExact(
                partitions.stream().filter(each -> !each.batches().isEmpty()).count());
    }

    /**
     * Returns what the data is known by: the number of its batches and partitions, and a checksum of which batches lie
     * where.
     */
    String print() {
        CRC32C checksum = new CRC32C();
        ByteBuffer number = ByteBuffer.allocate(Long.BYTES);
        for (PartitionCount partition : partitions) {
            checksum.update(number.clear().putLong(partition.prints().size()).flip());
            partition
                    .prints()
                    .forEach(print ->
                            checksum.update(number.clear().putLong(print).flip()));
        }
        return batches + " batches in " + partitions.size() + " partitions, checksum "
                + Long.toHexString(checksum.getValue());
    }

    /**
     * A window.
     *
     * @param parts what each partition adds, by its number; only those that add something
     * @param count of all batches
     */
    record Window(Map<Integer, Part> parts, ShareCount count) {}

    /**
     * Returns the window of some batches in a row.
     *
     * @param from the first one, counted as they are dealt
     * @param to one past the last one
     */
    Window window(int from, int to) {
        int[] begin = dealt(from);
        int[] end = dealt(to);
        Map<Integer, Part> parts = new TreeMap<>();
        ShareCount count = ShareCount.NONE;
        for (int p = 0; p < partitions.size(); p++) {
            if (end[p] > begin[p]) {
                parts.put(
                        p,
                        new Part(
                                begin[p],
                                end[p],
                                count.microBatches(),
                                List.copyOf(partitions.get(p).prints().subList(begin[p], end[p]))));
            }
            for (int position = begin[p]; position < end[p]; position++) {
                count = count.plus(partitions.get(p).batches().get(position));
            }
        }
        return new Window(parts, count);
    }

    /** Returns how many batches of each partition are among the first so many that are dealt. */
    private int[] dealt(int first) {
        int[] dealt = new int[partitions.size()];
        int left = Math.min(first, batches);
        while (left > 0) {
            for (int p = 0; p < dealt.length && left > 0; p++) {
                if (dealt[p] < partitions.get(p).batches().size()) {
                    dealt[p]++;
                    left--;
                }
            }
        }
        return dealt;
    }
}
