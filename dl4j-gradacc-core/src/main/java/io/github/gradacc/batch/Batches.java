/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.AsyncMultiDataSetIterator;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The batches of one epoch, read as native training reads them: the iterator is reset if it is at its end, and
 * prefetched in the background if it allows that.
 *
 * <p>A batch is good until the next one is asked for. A failure of the iterator surfaces in {@link #hasNext()} or
 * {@link #next()} on the thread that calls, also when it happened in the background. Not thread-safe; {@link #close()}
 * ends the background thread and keeps the interrupt status of the caller.
 */
@API(status = API.Status.INTERNAL)
public final class Batches implements AutoCloseable {

    private final MultiDataSetIterator batches;
    private final @Nullable FailureRelay relay;
    private long waitedMillis;

    private final BatchWatch watch;

    private Batches(MultiDataSetIterator source, boolean isBegun, BatchWatch watch) {
        this.watch = watch;
        if (!isBegun) {
            reset(source);
        }
        // DL4J resets an iterator at its end before it prefetches.
        if (source.asyncSupported() && source.hasNext()) {
            relay = new FailureRelay(source);
            int queue = Math.min(Nd4j.getAffinityManager().getNumberOfDevices() * 2, 2);
            batches = new AsyncMultiDataSetIterator(relay, queue, true);
        } else {
            relay = null;
            batches = source;
        }
    }

    private static void reset(MultiDataSetIterator source) {
        if (!source.hasNext() && source.resetSupported()) {
            source.reset();
        }
        if (!source.hasNext()) {
            throw new IllegalArgumentException("The iterator has no batches"
                    + (source.resetSupported() ? ", not even after a reset" : " left and does not support a reset")
                    + "; give one that has at least one");
        }
    }

    /**
     * Opens an iterator.
     *
     * @param iterator a {@code DataSetIterator} is wrapped by {@link #toMultiDataSets}
     * @throws IllegalArgumentException if it is null or has no batch
     */
    public static Batches of(@Nullable MultiDataSetIterator iterator) {
        return new Batches(requireGiven(iterator), false, BatchWatch.NONE);
    }

    /**
     * Opens an iterator, and lets someone watch what is taken from it.
     *
     * @param iterator the iterator
     * @param isBegun whether it stands in the middle of the epoch, or at its end: then it is not reset
     * @param watch is told of every batch
     * @throws IllegalArgumentException if it is null or has no batch, and is not begun
     */
    public static Batches watched(@Nullable MultiDataSetIterator iterator, boolean isBegun, BatchWatch watch) {
        return new Batches(requireGiven(iterator), isBegun, watch);
    }

    /**
     * Wraps an iterator of data sets.
     *
     * @throws IllegalArgumentException if it is null
     */
    public static MultiDataSetIterator toMultiDataSets(@Nullable DataSetIterator iterator) {
        return new MultiDataSetIteratorAdapter(requireGiven(iterator));
    }

    private static <T> T requireGiven(@Nullable T iterator) {
        if (iterator == null) {
            throw new IllegalArgumentException("An iterator is needed, got null");
        }
        return iterator;
    }

    /** Tells whether there is another batch; waits for it if it is being prefetched. */
    public boolean hasNext() {
        watch.between();
        long start = System.nanoTime();
        boolean more;
        try {
            more = batches.hasNext();
        } catch (RuntimeException e) {
            // DL4J turns an interrupt of the thread that waits for a prefetched batch into an exception and drops the
            // thread's status. The failures of the iterator itself come by way of the relay.
            if (relay == null || !(e.getCause() instanceof InterruptedException)) {
                throw e;
            }
            Thread.currentThread().interrupt();
            return true;
        } finally {
            waitedMillis += (System.nanoTime() - start) / 1_000_000;
        }
        if (!more && relay != null) {
            relay.rethrow();
        }
        return more;
    }

    /** Returns the next batch; its arrays may be reused by the iterator after the next call. */
    public MultiDataSet next() {
        long start = System.nanoTime();
        try {
            MultiDataSet next = batches.next();
            watch.taken(next);
            return next;
        } finally {
            waitedMillis += (System.nanoTime() - start) / 1_000_000;
        }
    }

    /** Returns the time spent waiting for data since {@link #forgetWaiting()}, in milliseconds. */
    public long waitedMillis() {
        return waitedMillis;
    }

    /** Starts counting the time spent waiting again. */
    public void forgetWaiting() {
        waitedMillis = 0;
    }

    @Override
    public void close() {
        if (batches instanceof AsyncMultiDataSetIterator prefetched) {
            boolean interrupted = Thread.interrupted();
            try {
                prefetched.shutdown();
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
