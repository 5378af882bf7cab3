/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** Batches in an order that each reset changes, by a generator that is seeded once; it can be made to fail. */
class Shuffled implements DataSetIterator {

    private static final long serialVersionUID = 1L;

    final transient List<DataSet> batches;
    private final Random random;
    private final boolean async;
    private int failAt = Integer.MAX_VALUE;
    private int taken;
    int position;

    Shuffled(List<DataSet> batches, long seed, boolean async) {
        this.batches = new ArrayList<>(batches);
        random = new Random(seed);
        this.async = async;
    }

    /** Throws in place of the batch of this number, counted from 0 over all epochs. */
    Shuffled failingAt(int batch) {
        failAt = batch;
        return this;
    }

    /** Returns how many batches were asked for. */
    int taken() {
        return taken;
    }

    @Override
    public boolean hasNext() {
        return position < batches.size();
    }

    @Override
    public DataSet next() {
        if (taken == failAt) {
            throw new IllegalStateException("as if killed");
        }
        taken++;
        return batches.get(position++);
    }

    @Override
    public void reset() {
        Collections.shuffle(batches, random);
        position = 0;
    }

    @Override
    public boolean resetSupported() {
        return true;
    }

    @Override
    public boolean asyncSupported() {
        return async;
    }

    @Override
    public DataSet next(int examples) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int inputColumns() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int totalOutcomes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int batch() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setPreProcessor(DataSetPreProcessor preProcessor) {
        throw new UnsupportedOperationException();
    }

    @Override
    public DataSetPreProcessor getPreProcessor() {
        return null;
    }

    @Override
    public List<String> getLabels() {
        return null;
    }
}
