/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Examples;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.batch.TimeSegments;
import io.github.gradacc.batch.WindowData;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.net.Pass;
import io.github.gradacc.net.RecurrentState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The window that is being filled: its sum, its data, how many batches it still takes, and the passes that are still to be
 * made over them.
 *
 * <p>Truncated BPTT cuts a window into time segments and takes a step after each. So its passes can only be made when the
 * window is full, and each micro-batch has a state that goes from segment to segment. Otherwise there is one segment.
 */
final class Window implements AutoCloseable {

    private final int microBatchSize;
    private final OptionalInt segmentLength;
    private final GradientSum sum = new GradientSum();
    private final WindowData data = new WindowData();
    private final List<RecurrentState> states = new ArrayList<>();
    private @Nullable MultiDataSet lastBatch;
    private boolean keepsData;
    private boolean ownNumbers;
    private int size;
    private int batches;
    private int openedAt;
    private int pendingBatches;
    private int pendingPasses;
    private int passesMade;

    Window(int microBatchSize, OptionalInt segmentLength) {
        this.microBatchSize = microBatchSize;
        this.segmentLength = segmentLength;
    }

    boolean isOpen() {
        return batches > 0;
    }

    boolean isFull() {
        return batches >= size;
    }

    int batches() {
        return batches;
    }

    /** Returns the iteration at which the window was opened. */
    int openedAt() {
        return openedAt;
    }

    GradientSum sum() {
        return sum;
    }

    /**
     * Starts a window.
     *
     * @param size number of batches it takes
     * @param iteration the step it is for
     * @param keepsData whether someone will look at its data as a whole
     */
    void open(int size, int iteration, boolean keepsData) {
        this.size = size;
        this.openedAt = iteration;
        this.keepsData = keepsData;
    }

    /** Adds a batch; its passes are pending. A window of one micro-batch draws the random numbers of native training. */
    void add(MultiDataSet batch) {
        int microBatches = MicroBatches.count(Examples.count(batch), microBatchSize);
        ownNumbers = size > 1 || microBatches > 1;
        batches++;
        pendingBatches++;
        pendingPasses += microBatches;
        lastBatch = batch;
        data.add(batch);
    }

    /** Returns the number of micro-batches of the window, in all batches so far. */
    int microBatches() {
        return passesMade + pendingPasses;
    }

    /** Tells whether passes can be made before the window is full, and there are enough of them. */
    boolean isReady(int parallelism) {
        return segmentLength.isEmpty() && pendingPasses >= parallelism;
    }

    /** Returns the number of time segments, 1 unless the network trains by truncated BPTT. */
    int segments() {
        int most = 1;
        if (segmentLength.isPresent()) {
            for (MultiDataSet batch : pendingData()) {
                most = Math.max(most, TimeSegments.count(batch, segmentLength.getAsInt()));
            }
        }
        return most;
    }

    /** Returns the pending passes over one time segment, in order. */
    Iterator<Pass> passes(int segment) {
        while (segmentLength.isPresent() && states.size() < microBatches()) {
            states.add(new RecurrentState());
        }
        return new Passes(segment);
    }

    /** Notes that all pending passes were made. */
    void passed() {
        passesMade += pendingPasses;
        pendingPasses = 0;
        pendingBatches = 0;
        if (!keepsData) {
            data.clear();
        }
    }

    /** Makes the window independent of the arrays it was given, which others may now overwrite. */
    void settle() {
        sum.settle();
        data.settle();
    }

    /** Returns the data to leave in the network: the whole window if it was kept, otherwise its last batch. */
    MultiDataSet shown() {
        MultiDataSet shown = keepsData ? data.merged() : lastBatch;
        return Objects.requireNonNull(shown, "an open window has a batch");
    }

    /** Returns a time segment of a batch, or nothing if the batch's sequences ended before it. */
    Optional<MultiDataSet> segment(MultiDataSet batch, int segment) {
        return segmentLength.isPresent()
                ? TimeSegments.cut(batch, segment, segmentLength.getAsInt())
                : Optional.of(batch);
    }

    /** Forgets everything and is ready for the next window. */
    void clear() {
        sum.clear();
        data.clear();
        states.forEach(RecurrentState::reset);
        lastBatch = null;
        batches = 0;
        pendingBatches = 0;
        pendingPasses = 0;
        passesMade = 0;
    }

    @Override
    public void close() {
        clear();
        states.clear();
        sum.close();
    }

    private List<MultiDataSet> pendingData() {
        List<MultiDataSet> all = data.batches();
        return all.subList(all.size() - pendingBatches, all.size());
    }

    /** Cuts batches into micro-batches, and these into segments, when they are asked for. */
    private final class Passes implements Iterator<Pass> {

        private final Iterator<MultiDataSet> remaining = pendingData().iterator();
        private final int segment;
        private Iterator<MultiDataSet> microBatches = List.<MultiDataSet>of().iterator();
        private int next = passesMade;

        Passes(int segment) {
            this.segment = segment;
        }

        @Override
        public boolean hasNext() {
            if (!microBatches.hasNext() && remaining.hasNext()) {
                microBatches = MicroBatches.of(remaining.next(), microBatchSize).iterator();
            }
            return microBatches.hasNext();
        }

        @Override
        public Pass next() {
            MultiDataSet microBatch = microBatches.next();
            MultiDataSet part = segment(microBatch, segment).orElse(null);
            RecurrentState state = segmentLength.isPresent() ? states.get(next) : null;
            return new Pass(next++, Examples.count(microBatch), part, state, ownNumbers);
        }
    }
}
