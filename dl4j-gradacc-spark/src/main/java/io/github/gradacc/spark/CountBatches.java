/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.spark.PartitionCount.EncodedExample;
import io.github.gradacc.train.ShareCount;
import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareWorker;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Checks and counts the batches of each partition. One {@link PartitionCount} comes out of each. */
final class CountBatches implements Function2<Integer, Iterator<byte[]>, Iterator<byte[]>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<byte[]> model;

    CountBatches(Broadcast<byte[]> model) {
        this.model = model;
    }

    @Override
    public Iterator<byte[]> call(Integer partition, Iterator<byte[]> batches) {
        // Spark's iterators belong to the thread of the task.
        List<byte[]> all = new ArrayList<>();
        batches.forEachRemaining(all::add);
        PartitionCount count = all.isEmpty()
                ? new PartitionCount(List.of(), List.of(), null, null)
                : Workers.with(
                        Values.fromBytes(model.value(), Model.class),
                        worker -> count(worker, partition, all),
                        reason -> new PartitionCount(
                                List.of(), List.of(), ShareFailure.noNetwork(partition, reason), null));
        return List.of(Values.toBytes(count)).iterator();
    }

    private static PartitionCount count(ShareWorker worker, int partition, List<byte[]> batches) {
        List<ShareCount> counts = new ArrayList<>();
        List<Long> prints = new ArrayList<>();
        EncodedExample example = null;
        ShareFailure failure = null;
        for (byte[] bytes : batches) {
            try {
                MultiDataSet data = EncodedBatch.decode(bytes);
                counts.add(worker.count(data));
                prints.add(EncodedBatch.print(bytes));
                example = example == null ? firstExample(worker, data) : example;
            } catch (IllegalArgumentException e) {
                failure = ShareFailure.badData(partition, counts.size(), e);
                break;
            }
        }
        return new PartitionCount(counts, prints, failure, example);
    }

    private static @Nullable EncodedExample firstExample(ShareWorker worker, @Nullable MultiDataSet data) {
        return data == null ? null : new EncodedExample(EncodedBatch.encode(worker.firstExample(data)));
    }
}
