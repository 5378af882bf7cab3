/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.OptionalInt;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.storage.StorageLevel;

/** Encoded batches in Spark's storage, for the time of a call. */
final class StoredBatches implements AutoCloseable {

    private final JavaRDD<byte[]> source;
    private final JavaRDD<byte[]> dealt;

    /**
     * Asks Spark to keep batches when it computes them.
     *
     * @param encoded the batches
     * @param partitions to which they are dealt by their position; empty to leave them where they are
     */
    StoredBatches(JavaRDD<byte[]> encoded, OptionalInt partitions) {
        source = encoded.persist(StorageLevel.MEMORY_AND_DISK());
        dealt = partitions.isPresent()
                ? Dealer.deal(source, partitions.getAsInt()).persist(StorageLevel.MEMORY_AND_DISK())
                : source;
    }

    JavaRDD<byte[]> rdd() {
        return dealt;
    }

    /** All of them were computed: what they were dealt from is needed no more. */
    void computed() {
        if (dealt != source) {
            Cleaning.up(() -> source.unpersist(false));
        }
    }

    @Override
    public void close() {
        Cleaning.up(() -> dealt.unpersist(false));
        Cleaning.up(() -> source.unpersist(false));
    }
}
