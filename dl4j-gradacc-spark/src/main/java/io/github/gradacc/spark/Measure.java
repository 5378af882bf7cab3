/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareInference;
import io.github.gradacc.train.ShareTask;
import io.github.gradacc.train.ShareWorker;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Measures the network on the batches of each partition, of which some megabytes are held at a time. One
 * {@link Measured} comes out of each partition that has batches.
 *
 * @param <R> what comes out of it
 */
final class Measure<R extends Serializable> implements Function2<Integer, Iterator<byte[]>, Iterator<byte[]>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<byte[]> model;
    private final ShareTask task;
    private final Gauge<R> gauge;

    Measure(Broadcast<byte[]> model, ShareTask task, Gauge<R> gauge) {
        this.model = model;
        this.task = task;
        this.gauge = gauge;
    }

    /**
     * What is measured.
     *
     * @param <R> the result for a partition
     */
    interface Gauge<R extends Serializable> extends Serializable {

        /** Returns the result for no batch; a copy of its own. */
        R start();

        /** Adds a batch, or says what is wrong with it. */
        Optional<ShareFailure> add(
                ShareInference network, int partition, int position, @Nullable MultiDataSet batch, Result<R> result);

        /** Adds that of the partitions that follow. */
        R merge(R first, R next);
    }

    /** What has come out so far. */
    static final class Result<R extends Serializable> {

        private R value;

        Result(R start) {
            value = start;
        }

        R value() {
            return value;
        }

        void set(R next) {
            value = next;
        }
    }

    @Override
    public Iterator<byte[]> call(Integer partition, Iterator<byte[]> batches) {
        if (!batches.hasNext()) {
            return List.<byte[]>of().iterator();
        }
        Model now = Values.fromBytes(model.value(), Model.class);
        Result<R> result = new Result<>(gauge.start());
        Optional<ShareFailure> failure = Optional.empty();
        int position = 0;
        while (failure.isEmpty() && batches.hasNext()) {
            List<byte[]> some = Handful.of(batches);
            int first = position;
            failure = Workers.with(
                    now,
                    worker -> add(worker, now, partition, first, some, result),
                    reason -> Optional.of(ShareFailure.noNetwork(partition, reason)));
            position += some.size();
        }
        return List.of(Values.toBytes(new Measured(result.value(), failure.orElse(null))))
                .iterator();
    }

    private Optional<ShareFailure> add(
            ShareWorker worker, Model now, int partition, int first, List<byte[]> batches, Result<R> result) {
        worker.follow(now.parameters(), task);
        ShareInference network = worker.inference();
        for (int i = 0; i < batches.size(); i++) {
            MultiDataSet batch;
            try {
                batch = EncodedBatch.decode(batches.get(i));
            } catch (IllegalArgumentException e) {
                return Optional.of(ShareFailure.badData(partition, first + i, e));
            }
            Optional<ShareFailure> failure = gauge.add(network, partition, first + i, batch, result);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    /**
     * What came out of a partition.
     *
     * @param result of no use after a failure
     * @param failure the first batch that failed, if one did
     */
    record Measured(Serializable result, @Nullable ShareFailure failure) implements Serializable {}
}
