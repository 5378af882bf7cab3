/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareTask;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The jobs of a step: what runs on the executors, and what comes back. */
final class Cluster {

    private static final Logger log = LoggerFactory.getLogger(Cluster.class);

    private final JavaSparkContext context;
    private final AddPieces reducer;
    private final WorkerKinds workers = new WorkerKinds();
    private boolean warnedOfOrder;

    Cluster(JavaSparkContext context, AddPieces reducer) {
        this.context = context;
        this.reducer = reducer;
    }

    /**
     * What came back.
     *
     * @param shares in the order of the partitions, the first with the sum of all
     * @param failure the first one in that order
     */
    record Shares(List<SumState> shares, Optional<ShareFailure> failure) {}

    /**
     * Checks that an RDD can be worked on.
     *
     * @throws IllegalArgumentException if it is one of another context
     * @throws IllegalStateException if the context is stopped
     */
    void require(JavaRDD<?> rdd) {
        Requirements.requireRunning(context);
        if (rdd.context() != context.sc()) {
            throw new IllegalArgumentException("The RDD is one of another SparkContext than the trainer's, application "
                    + rdd.context().applicationId() + " in place of "
                    + context.sc().applicationId() + ": make it with the context that the trainer was given");
        }
    }

    /** Warns, once, of an RDD to train on whose order is not fixed. */
    void warnOfOrder(JavaRDD<?> rdd) {
        if (!warnedOfOrder) {
            FixedOrder.doubt(rdd).ifPresent(doubt -> {
                warnedOfOrder = true;
                log.warn(doubt);
            });
        }
    }

    /** Sends the network; to be destroyed after the step. */
    Broadcast<byte[]> broadcast(Model model) {
        return context.broadcast(Values.toBytes(model));
    }

    /** Checks and counts encoded batches, in the order of the partitions. */
    List<PartitionCount> count(JavaRDD<byte[]> batches, Broadcast<byte[]> model) {
        return batches.mapPartitionsWithIndex(new CountBatches(model), true).collect().stream()
                .map(bytes -> Values.fromBytes(bytes, PartitionCount.class))
                .toList();
    }

    /**
     * Measures the network, without training it.
     *
     * @return the results of all partitions, merged in their order; empty if there is no batch
     * @throws RuntimeException the first failure in that order, as the core's exception
     */
    <R extends Serializable> Optional<R> measure(
            JavaRDD<byte[]> batches, Broadcast<byte[]> model, ShareTask task, Measure.Gauge<R> gauge, Class<R> type) {
        Optional<R> merged = Optional.empty();
        for (byte[] bytes : batches.mapPartitionsWithIndex(new Measure<>(model, task, gauge), true)
                .collect()) {
            Measure.Measured next = Values.fromBytes(bytes, Measure.Measured.class);
            ShareFailure failure = next.failure();
            if (failure != null) {
                throw failure.toException();
            }
            R result = type.cast(next.result());
            merged = Optional.of(merged.isPresent() ? gauge.merge(merged.get(), result) : result);
        }
        return merged;
    }

    /**
     * Sums the gradients of a window by a reduce-scatter, and gathers the slices.
     *
     * @param parameters number of parameters
     * @param width bytes of each element of the sum
     */
    Shares sum(
            JavaRDD<byte[]> batches,
            Broadcast<byte[]> model,
            Map<Integer, Part> parts,
            ShareTask task,
            long parameters,
            int width) {
        Slices slices = new Slices(parameters, width, parts.size());
        List<byte[]> gathered = JavaPairRDD.fromJavaRDD(
                        batches.mapPartitionsWithIndex(new SumShares(model, parts, task, slices), true))
                .partitionBy(slices)
                .values()
                .mapPartitions(reducer)
                .collect();
        List<Piece> headers = new ArrayList<>();
        List<Piece> sums = new ArrayList<>();
        for (byte[] bytes : gathered) {
            Piece piece = Values.fromBytes(bytes, Piece.class);
            (piece.header() == null ? sums : headers).add(piece);
        }
        return shares(headers, sums, parameters);
    }

    private Shares shares(List<Piece> headers, List<Piece> sums, long parameters) {
        headers.sort(Comparator.comparingInt(Piece::source));
        workers.note(headers.stream()
                        .map(Piece::header)
                        .filter(Objects::nonNull)
                        .map(ShareHeader::worker)
                        .toList())
                .ifPresent(log::warn);
        List<SumState> shares = new ArrayList<>();
        Optional<ShareFailure> failure = Optional.empty();
        for (Piece piece : headers) {
            ShareHeader header = piece.header();
            if (header != null) {
                failure = failure.or(header::failure);
                shares.add(header.state(null));
            }
        }
        if (failure.isEmpty() && !headers.isEmpty()) {
            ShareHeader first = headers.get(0).header();
            if (first != null) {
                shares.set(0, first.state(joined(sums, parameters)));
            }
        }
        return new Shares(shares, failure);
    }

    /** The slices came in their order. */
    private static @Nullable INDArray joined(List<Piece> slices, long parameters) {
        if (slices.isEmpty()) {
            return null;
        }
        DataType type = slices.get(0).type();
        byte[] all = new byte[Math.toIntExact(parameters * type.width())];
        int next = 0;
        for (Piece slice : slices) {
            System.arraycopy(slice.elements(), 0, all, next, slice.elements().length);
            next += slice.elements().length;
        }
        return new RawArray(type, all, parameters).toArray();
    }
}
