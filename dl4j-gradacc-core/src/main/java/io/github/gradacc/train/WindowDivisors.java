/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.TimeSegments;
import io.github.gradacc.pass.LabelCounter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * By what the losses of a window are divided: counted from its labels when a batch comes in, for each output and each
 * time segment. Counts nothing where the examples are the divisor.
 */
final class WindowDivisors {

    private final Optional<LabelCounter> counter;
    private final OptionalInt segmentLength;
    private final List<Part> parts = new ArrayList<>();

    WindowDivisors(Optional<LabelCounter> counter, OptionalInt segmentLength) {
        this.counter = counter;
        this.segmentLength = segmentLength;
    }

    /**
     * What was counted together.
     *
     * @param position of its micro-batch in the window, or of the first one of its batch
     * @param counts for each time segment, one number for each output
     */
    record Part(int position, long examples, List<double[]> counts) {}

    /**
     * Counts a batch, or one of its micro-batches.
     *
     * @param position of the micro-batch, or of the first one of the batch, in the window
     */
    void add(int position, Batch batch) {
        counter.ifPresent(present -> parts.add(new Part(position, batch.examples(), count(present, batch))));
    }

    private List<double[]> count(LabelCounter present, Batch batch) {
        if (segmentLength.isEmpty()) {
            return List.of(present.count(batch.data()));
        }
        int length = segmentLength.getAsInt();
        return IntStream.range(0, TimeSegments.count(batch, length))
                .mapToObj(segment ->
                        TimeSegments.cut(batch.data(), segment, length).orElseThrow())
                .map(present::count)
                .toList();
    }

    /** Forgets a micro-batch that was counted by itself. */
    void leaveOut(int position) {
        parts.removeIf(part -> part.position() == position);
    }

    private double[] counts(int segment) {
        double[] sum = new double[counter.map(LabelCounter::outputs).orElse(0)];
        for (Part part : parts) {
            if (segment < part.counts().size()) {
                Arrays.setAll(sum, output -> sum[output] + part.counts().get(segment)[output]);
            }
        }
        return sum;
    }

    private List<Double> factors(LabelCounter present, int segment) {
        long examples = parts.stream().mapToLong(Part::examples).sum();
        return present.factors(counts(segment), examples);
    }

    /** Tells whether passes must wait for the whole window, since each output is scaled in them. */
    boolean mustComeFirst() {
        return counter.filter(LabelCounter::scalesPasses).isPresent();
    }

    /** Tells whether no label counts, so that there is no mean. */
    boolean countsNothing(int segment) {
        return counter.isPresent() && Arrays.stream(counts(segment)).allMatch(count -> count == 0);
    }

    /** Returns the factors of the outputs' losses in each pass; none if nothing is to be scaled there. */
    List<Double> inPasses(int segment) {
        return counter.filter(LabelCounter::scalesPasses)
                .map(present -> factors(present, segment))
                .orElse(List.of());
    }

    /** Returns the factor of the sum of all passes. */
    double ofSum(int segment) {
        return counter.filter(present -> !present.scalesPasses())
                .map(present -> factors(present, segment).get(0))
                .orElse(1.0);
    }

    /** Returns what was counted, a copy. */
    List<Part> state() {
        return List.copyOf(parts);
    }

    void restore(List<Part> saved) {
        clear();
        parts.addAll(saved);
    }

    void clear() {
        parts.clear();
    }
}
