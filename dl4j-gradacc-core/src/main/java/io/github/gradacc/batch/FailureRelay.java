/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.MultiDataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * Carries a failure of an iterator from DL4J's prefetching thread to the thread that trains.
 *
 * <p>When the iterator behind DL4J's asynchronous one throws, the prefetching thread dies and, if the consumer already
 * waits for the next batch, it waits forever. Here the failure ends the sequence instead, and the consumer asks for it
 * with {@link #rethrow()} when the sequence has ended.
 */
final class FailureRelay implements MultiDataSetIterator {

    private final MultiDataSetIterator source;
    private volatile @Nullable Throwable failure;

    FailureRelay(MultiDataSetIterator source) {
        this.source = source;
    }

    /** Throws what the source threw, if it did. */
    void rethrow() {
        Throwable thrown = failure;
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
    }

    @Override
    public boolean hasNext() {
        if (failure != null) {
            return false;
        }
        try {
            return source.hasNext();
        } catch (RuntimeException | Error e) {
            failure = e;
            return false;
        }
    }

    /** Returns null, which the prefetching thread passes over, if the source failed or returned null itself. */
    @Override
    @SuppressWarnings("NullAway")
    public MultiDataSet next() {
        try {
            MultiDataSet next = source.next();
            if (next == null) {
                failure = new IllegalArgumentException("The iterator said it had a batch and returned null");
            }
            return next;
        } catch (RuntimeException | Error e) {
            failure = e;
            return null;
        }
    }

    @Override
    public MultiDataSet next(int examples) {
        return source.next(examples);
    }

    @Override
    public void setPreProcessor(MultiDataSetPreProcessor preProcessor) {
        source.setPreProcessor(preProcessor);
    }

    @Override
    public MultiDataSetPreProcessor getPreProcessor() {
        return source.getPreProcessor();
    }

    @Override
    public boolean resetSupported() {
        return source.resetSupported();
    }

    @Override
    public boolean asyncSupported() {
        return source.asyncSupported();
    }

    @Override
    public void reset() {
        source.reset();
    }
}
