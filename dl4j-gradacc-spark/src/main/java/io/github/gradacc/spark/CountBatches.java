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
        Tally tally = new Tally(partition);
        if (batches.hasNext()) {
            Model now = Values.fromBytes(model.value(), Model.class);
            while (tally.failure == null && batches.hasNext()) {
                List<byte[]> some = Handful.of(batches);
                Workers.with(now, worker -> tally.add(worker, some), tally::withoutNetwork);
            }
        }
        return List.of(Values.toBytes(tally.count())).iterator();
    }

    /** What has been counted of a partition. */
    private static final class Tally {

        private final int partition;
        private final List<ShareCount> counts = new ArrayList<>();
        private final List<Long> prints = new ArrayList<>();
        private @Nullable EncodedExample example;
        private @Nullable ShareFailure failure;

        Tally(int partition) {
            this.partition = partition;
        }

        PartitionCount count() {
            return new PartitionCount(counts, prints, failure, example);
        }

        Tally withoutNetwork(Throwable reason) {
            failure = ShareFailure.noNetwork(partition, reason);
            return this;
        }

        Tally add(ShareWorker worker, List<byte[]> batches) {
            try {
                for (byte[] bytes : batches) {
                    MultiDataSet data = EncodedBatch.decode(bytes);
                    counts.add(worker.count(data));
                    prints.add(EncodedBatch.print(bytes));
                    example = example == null ? firstExample(worker, data) : example;
                }
            } catch (IllegalArgumentException e) {
                failure = ShareFailure.badData(partition, counts.size(), e);
            }
            return this;
        }

        private static @Nullable EncodedExample firstExample(ShareWorker worker, @Nullable MultiDataSet data) {
            return data == null ? null : new EncodedExample(EncodedBatch.encode(worker.firstExample(data)));
        }
    }
}
