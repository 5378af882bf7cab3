/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareOutcome;
import io.github.gradacc.train.ShareTask;
import io.github.gradacc.train.ShareWorker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import scala.Tuple2;

/**
 * The first half of a reduce-scatter: each partition sums the gradients of its share, and sends slice j of the sum to
 * reducer j.
 */
final class SumShares implements Function2<Integer, Iterator<byte[]>, Iterator<Tuple2<Integer, byte[]>>> {

    private static final long serialVersionUID = 1L;

    private final Broadcast<byte[]> model;
    private final Map<Integer, Part> parts;
    private final ShareTask task;
    private final Slices slices;

    SumShares(Broadcast<byte[]> model, Map<Integer, Part> parts, ShareTask task, Slices slices) {
        this.model = model;
        this.parts = parts;
        this.task = task;
        this.slices = slices;
    }

    @Override
    public Iterator<Tuple2<Integer, byte[]>> call(Integer partition, Iterator<byte[]> batches) {
        Part part = parts.get(partition);
        if (part == null) {
            return List.<Tuple2<Integer, byte[]>>of().iterator();
        }
        List<byte[]> own = new ArrayList<>();
        for (int position = 0; position < part.to() && batches.hasNext(); position++) {
            byte[] batch = batches.next();
            if (position >= part.from()) {
                own.add(batch);
            }
        }
        Model now = Values.fromBytes(model.value(), Model.class);
        return Workers.with(
                now,
                worker -> pieces(worker, now, partition, part, own),
                reason -> failed(partition, ShareFailure.noNetwork(partition, reason)));
    }

    private static Iterator<Tuple2<Integer, byte[]>> failed(int partition, ShareFailure failure) {
        SumState nothing = new SumState(null, List.of(), List.of(), 0, 0, 0, 0, 0);
        ShareHeader header = new ShareHeader(new ShareOutcome(nothing, Optional.of(failure)));
        return List.of(piece(0, new Piece(partition, header, DataType.DOUBLE, new byte[0])))
                .iterator();
    }

    /** The share is computed and copied when this returns; its slices are cut when Spark asks for them. */
    private Iterator<Tuple2<Integer, byte[]>> pieces(
            ShareWorker worker, Model now, int partition, Part part, List<byte[]> batches) {
        Optional<ShareFailure> changed = changed(partition, part, batches);
        if (changed.isPresent()) {
            return failed(partition, changed.get());
        }
        worker.follow(now.parameters(), task);
        ShareOutcome outcome = worker.sum(
                partition,
                part.from(),
                part.firstMicroBatch(),
                batches.stream().map(EncodedBatch::decode).iterator(),
                task);
        ShareHeader header = new ShareHeader(outcome);
        INDArray sum = outcome.sum().sum();
        if (sum == null || outcome.failure().isPresent()) {
            return List.of(piece(0, new Piece(partition, header, DataType.DOUBLE, new byte[0])))
                    .iterator();
        }
        byte[] elements = RawArray.of(sum).bytes();
        DataType type = sum.dataType();
        int width = type.width();
        return IntStream.range(0, slices.numPartitions())
                .mapToObj(slice -> piece(
                        slice,
                        new Piece(
                                partition,
                                slice == 0 ? header : null,
                                type,
                                Arrays.copyOfRange(
                                        elements,
                                        Math.toIntExact(slices.from(slice) * width),
                                        Math.toIntExact(slices.to(slice) * width)))))
                .iterator();
    }

    private static Tuple2<Integer, byte[]> piece(int slice, Piece piece) {
        return new Tuple2<>(slice, Values.toBytes(piece));
    }

    /** Counted once and computed again from its source, a partition must be the same. */
    private static Optional<ShareFailure> changed(int partition, Part part, List<byte[]> batches) {
        for (int i = 0; i < part.prints().size(); i++) {
            if (i >= batches.size()
                    || EncodedBatch.print(batches.get(i)) != part.prints().get(i)) {
                return Optional.of(ShareFailure.badData(
                        partition,
                        part.from() + i,
                        new IllegalArgumentException("it is another one than when the batches were counted, so the RDD"
                                + " gives other data, or the same in another order, when Spark computes it again, as"
                                + " it does after repartition(...) or a random sample. Save the data first, or call"
                                + " checkpoint() on the RDD")));
            }
        }
        return Optional.empty();
    }
}
