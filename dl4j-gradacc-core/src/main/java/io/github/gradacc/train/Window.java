/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.batch.TimeSegments;
import io.github.gradacc.batch.WindowData;
import io.github.gradacc.grad.LeftOut;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.RecurrentState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The window that is being filled: its data, how many batches it still takes, and the passes that are still to be made
 * over them.
 *
 * <p>Truncated BPTT cuts a window into time segments and takes a step after each. So its passes can only be made when
 * the window is full, and each micro-batch has a state that goes from segment to segment. Otherwise there is one
 * segment.
 */
final class Window {

    private static final int NONE = -1;

    private final Cutting cutting;
    private final OptionalInt segmentLength;
    private final WindowDivisors divisors;
    private final boolean leavesOut;
    private final WindowData data = new WindowData();
    private final List<RecurrentState> states = new ArrayList<>();

    /** The micro-batches whose passes wait. */
    private final List<Piece> waiting = new ArrayList<>();

    private int batchesWaiting;

    /** Of each batch of the window, its micro-batches. */
    private final List<List<Piece>> cuts = new ArrayList<>();

    private final List<LeftOut> leftOut = new ArrayList<>();
    private int toldOf;
    private @Nullable SkippedStep spoiledBy;
    private @Nullable MultiDataSet shown;
    private int markedSegment = NONE;
    private long examples;
    private @Nullable Batch lastBatch;
    private boolean keepsData;
    private boolean ownRandomStreams;
    private int size;
    private int batches;
    private int openedAt;
    private int passesMade;

    /** @param leavesOut whether micro-batches may be left out, so that each must be counted by itself */
    Window(Cutting cutting, WindowDivisors divisors, OptionalInt segmentLength, boolean leavesOut) {
        this.leavesOut = leavesOut;
        this.cutting = cutting;
        this.divisors = divisors;
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

    /** Refuses to start something else while a window is open. */
    void requireClosed() {
        if (isOpen()) {
            throw new IllegalStateException("A window is open, with " + batches
                    + " of its batches: call flush() to take a step on it first, or go on with accumulate(...)");
        }
    }

    /** Refuses to go on with gradients of parameters that others have changed since. */
    void requireUntouched(int iteration) {
        if (isOpen() && openedAt != iteration) {
            throw new IllegalStateException("The network went from step " + openedAt + " to step " + iteration
                    + " while a window was open; its gradients belong to parameters that are gone, so"
                    + " the window is discarded. Call flush() before training the network by other means");
        }
    }

    /**
     * Starts a window.
     *
     * @param batchesToTake number of batches it takes
     * @param iteration the step it is for
     * @param keepData whether someone will look at its data as a whole
     */
    void open(int batchesToTake, int iteration, boolean keepData) {
        size = batchesToTake;
        openedAt = iteration;
        keepsData = keepData;
    }

    /** Adds a batch; its passes wait. A window of one micro-batch draws the random numbers of native training. */
    void add(Batch batch) {
        List<Piece> pieces = new Piece(batchesWaiting, 0, batch.examples()).cut(cutting.sizes(batch));
        ownRandomStreams = size > 1 || pieces.size() > 1;
        batches++;
        examples += batch.examples();
        if (isSpoiled()) {
            passesMade += pieces.size();
            return;
        }
        int position = microBatches();
        if (leavesOut) {
            for (Piece piece : pieces) {
                divisors.add(position++, MicroBatches.part(batch, piece.from(), piece.to()));
            }
        } else {
            divisors.add(position, batch);
        }
        batchesWaiting++;
        waiting.addAll(pieces);
        cuts.add(pieces);
        lastBatch = batch;
        data.add(batch);
    }

    /** Gives the window up: it takes the rest of its batches, and makes no pass over them. */
    void spoil(SkippedStep by) {
        spoiledBy = by;
        passesMade += waiting.size();
        forgetWaiting();
        data.clear();
    }

    /** Tells whether the window was given up. */
    boolean isSpoiled() {
        return spoiledBy != null;
    }

    /** @throws SkippedStep if the window was given up */
    void requireUnspoiled() {
        if (spoiledBy != null) {
            throw spoiledBy;
        }
    }

    /**
     * Leaves micro-batches out of what counts: from the next passes on, which in truncated BPTT are those of the later
     * segments, and of divisors and data.
     *
     * @return whether there were any, and passes that are already made were divided by what counted before
     */
    boolean leaveOut(List<LeftOut> bad) {
        bad.forEach(each -> divisors.leaveOut(each.microBatch()));
        leftOut.addAll(bad);
        shown = null;
        return !bad.isEmpty() && divisors.mustComeFirst();
    }

    /** Returns what was left out of the window so far. */
    List<LeftOut> leftOut() {
        return List.copyOf(leftOut);
    }

    /** Returns what was left out since this was asked before. */
    List<LeftOut> newlyLeftOut() {
        List<LeftOut> news = List.copyOf(leftOut.subList(toldOf, leftOut.size()));
        toldOf = leftOut.size();
        return news;
    }

    /** Returns the number of examples of the window, in all batches so far. */
    long examples() {
        return examples;
    }

    /** Returns the number of micro-batches of the window, in all batches so far. */
    int microBatches() {
        return passesMade + waiting.size();
    }

    /** Returns the number of passes that were made before those that wait: the position of the first of these. */
    int passesMade() {
        return passesMade;
    }

    /** Returns the number of examples of a micro-batch whose pass waits. */
    int examples(int position) {
        return waiting.get(position - passesMade).examples();
    }

    /** Tells whether a micro-batch, given by its position, waits and can be cut into smaller ones. */
    boolean canCut(int position) {
        return position < microBatches() && examples(position) > 1 && cutting.isPossible();
    }

    /** Cuts micro-batches that have become too large, with the states of their sequences: one, and those after it. */
    void cutFrom(int first) {
        ownRandomStreams = true;
        List<Batch> data = waitingData();
        int at = first - passesMade;
        while (at < waiting.size()) {
            Piece piece = waiting.remove(at);
            List<Piece> parts =
                    piece.cut(cutting.sizes(MicroBatches.part(data.get(piece.batch()), piece.from(), piece.to())));
            waiting.addAll(at, parts);
            cutState(passesMade + at, piece, parts);
            at += parts.size();
        }
    }

    private void cutState(int position, Piece piece, List<Piece> parts) {
        if (position < states.size() && parts.size() > 1) {
            RecurrentState whole = states.remove(position);
            states.addAll(
                    position,
                    parts.stream()
                            .map(part -> whole.of(part.from() - piece.from(), part.to() - piece.from()))
                            .toList());
        }
    }

    /** Tells whether passes can be made before the window is full, and enough of them wait. */
    boolean canCompute(int parallelism) {
        return segmentLength.isEmpty() && !divisors.mustComeFirst() && waiting.size() >= parallelism;
    }

    /** Returns the number of time segments, 1 unless the network trains by truncated BPTT. */
    int segments() {
        return segmentLength.isEmpty()
                ? 1
                : waitingData().stream()
                        .mapToInt(batch -> TimeSegments.count(batch, segmentLength.getAsInt()))
                        .max()
                        .orElse(1);
    }

    /** Returns by what its losses are divided, as far as its batches are known. */
    WindowDivisors divisors() {
        return divisors;
    }

    /**
     * Returns passes that wait, in order. Asked again for the same segment, they are made again, from the same states.
     *
     * @param segment the time segment that they go over
     * @param first position of the first of them
     * @param lossScale by what the gradients of their losses are multiplied
     */
    Iterator<Pass> passes(int segment, int first, double lossScale) {
        while (segmentLength.isPresent() && states.size() < microBatches()) {
            states.add(new RecurrentState());
        }
        if (leavesOut && divisors.mustComeFirst()) {
            states.forEach(segment == markedSegment ? RecurrentState::rewind : RecurrentState::mark);
            markedSegment = segment;
        }
        return new Passes(segment, first, lossScale);
    }

    /** Notes that all passes that waited were made. */
    void computed() {
        passesMade += waiting.size();
        forgetWaiting();
        if (!keepsData) {
            data.clear();
        }
    }

    /** Makes the window independent of the arrays it was given, which others may now overwrite. */
    void settle() {
        data.settle();
    }

    /**
     * Returns the data to leave in the network: what counts of the whole window if that was kept, otherwise its last
     * batch; in truncated BPTT a time segment of it, unless all sequences ended before that.
     */
    MultiDataSet shown(int segment) {
        MultiDataSet whole = shown == null ? whole() : shown;
        shown = whole;
        return segment(whole, segment).orElse(whole);
    }

    private MultiDataSet whole() {
        MultiDataSet kept = !keepsData ? null : leftOut.isEmpty() ? data.merged() : WindowData.joined(counted());
        return kept != null
                ? kept
                : Objects.requireNonNull(lastBatch, "an open window has a batch")
                        .data();
    }

    /** Returns the micro-batches that were not left out. */
    private List<Batch> counted() {
        List<Batch> counted = new ArrayList<>();
        Iterator<List<Piece>> pieces = cuts.iterator();
        int position = 0;
        for (Batch batch : data.batches()) {
            for (Piece piece : pieces.next()) {
                if (!isLeftOut(position++)) {
                    counted.add(MicroBatches.part(batch, piece.from(), piece.to()));
                }
            }
        }
        return counted;
    }

    private boolean isLeftOut(int position) {
        return leftOut.stream().anyMatch(each -> each.microBatch() == position);
    }

    /** Returns a time segment of data, or nothing if its sequences ended before it. */
    private Optional<MultiDataSet> segment(MultiDataSet whole, int segment) {
        return segmentLength.isPresent()
                ? TimeSegments.cut(whole, segment, segmentLength.getAsInt())
                : Optional.of(whole);
    }

    /** Returns what it holds, the batches not copied. */
    OpenWindow state() {
        return new OpenWindow(
                size,
                batches,
                passesMade,
                keepsData,
                ownRandomStreams,
                List.copyOf(waiting),
                batchesWaiting,
                data.batches().stream().map(Batch::data).toList(),
                Optional.ofNullable(lastBatch).map(Batch::data),
                divisors.state(),
                examples,
                List.copyOf(cuts),
                List.copyOf(leftOut),
                toldOf,
                Optional.ofNullable(spoiledBy));
    }

    /**
     * Goes on where another window was.
     *
     * @param state what that returned
     * @param check makes a checked batch of data
     * @param iteration the step it is for
     */
    void restore(OpenWindow state, Function<MultiDataSet, Batch> check, int iteration) {
        clear();
        open(state.size(), iteration, state.keepsData());
        batches = state.batches();
        passesMade = state.passesMade();
        ownRandomStreams = state.ownRandomStreams();
        waiting.addAll(state.waiting());
        batchesWaiting = state.batchesWaiting();
        for (MultiDataSet batch : state.data()) {
            data.add(check.apply(batch));
        }
        data.settle();
        lastBatch = state.last().map(check).orElse(null);
        divisors.restore(state.divisors());
        examples = state.examples();
        cuts.addAll(state.cuts());
        leftOut.addAll(state.leftOut());
        toldOf = state.toldOf();
        spoiledBy = state.spoiledBy().orElse(null);
    }

    /** Returns a pass over a part of a batch, for nothing but what it shows. */
    Pass trial(Batch batch) {
        Batch part = MicroBatches.part(batch, 0, cutting.sizes(batch).get(0));
        return new Pass(0, part.examples(), Optional.of(part.data()), Optional.empty(), true, List.of());
    }

    /** Forgets everything and is ready for the next window. */
    void clear() {
        data.clear();
        states.forEach(RecurrentState::reset);
        divisors.clear();
        lastBatch = null;
        cuts.clear();
        leftOut.clear();
        toldOf = 0;
        spoiledBy = null;
        shown = null;
        markedSegment = NONE;
        examples = 0;
        batches = 0;
        forgetWaiting();
        passesMade = 0;
    }

    private void forgetWaiting() {
        waiting.clear();
        batchesWaiting = 0;
    }

    /** Frees what {@link #clear()} keeps for the next window. */
    void close() {
        clear();
        states.clear();
    }

    private List<Batch> waitingData() {
        List<Batch> all = data.batches();
        return all.subList(all.size() - batchesWaiting, all.size());
    }

    /** Cuts batches into micro-batches, and these into segments, when they are asked for. */
    private final class Passes implements Iterator<Pass> {

        private final List<Batch> data = waitingData();
        private final int segment;
        private final double lossScale;
        private final List<Double> lossFactors;
        private int next;

        Passes(int segment, int first, double lossScale) {
            this.segment = segment;
            this.lossScale = lossScale;
            next = first;
            lossFactors = divisors.inPasses(segment);
        }

        @Override
        public boolean hasNext() {
            while (next < microBatches() && isLeftOut(next)) {
                next++;
            }
            return next < microBatches();
        }

        @Override
        public Pass next() {
            if (!hasNext()) {
                throw new NoSuchElementException("The window has " + microBatches() + " micro-batches");
            }
            int position = next++;
            Piece piece = waiting.get(position - passesMade);
            Batch microBatch = MicroBatches.part(data.get(piece.batch()), piece.from(), piece.to());
            return new Pass(
                    position,
                    microBatch.examples(),
                    segment(microBatch.data(), segment),
                    segmentLength.isPresent() ? Optional.of(states.get(position)) : Optional.empty(),
                    ownRandomStreams,
                    lossFactors,
                    lossScale);
        }
    }
}
