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
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * By what the losses of a window are divided: counted from its labels when a batch comes in, for each output and each
 * time segment. Counts nothing where the examples are the divisor.
 */
final class WindowDivisors {

    private final Optional<LabelCounter> counter;
    private final OptionalInt segmentLength;
    private final List<double[]> counts = new ArrayList<>();
    private long examples;

    WindowDivisors(Optional<LabelCounter> counter, OptionalInt segmentLength) {
        this.counter = counter;
        this.segmentLength = segmentLength;
    }

    void add(Batch batch) {
        examples += batch.examples();
        counter.ifPresent(present -> count(present, batch));
    }

    private void count(LabelCounter present, Batch batch) {
        if (segmentLength.isEmpty()) {
            add(0, present.count(batch.data()));
            return;
        }
        int length = segmentLength.getAsInt();
        for (int segment = 0; segment < TimeSegments.count(batch, length); segment++) {
            MultiDataSet data = TimeSegments.cut(batch.data(), segment, length).orElseThrow();
            add(segment, present.count(data));
        }
    }

    private void add(int segment, double... count) {
        if (segment == counts.size()) {
            counts.add(new double[count.length]);
        }
        Arrays.setAll(counts.get(segment), output -> counts.get(segment)[output] + count[output]);
    }

    /** Tells whether passes must wait for the whole window, since each output is scaled in them. */
    boolean mustComeFirst() {
        return counter.filter(LabelCounter::scalesPasses).isPresent();
    }

    /** Tells whether no label counts, so that there is no mean. */
    boolean countsNothing(int segment) {
        return counter.isPresent() && Arrays.stream(counts.get(segment)).allMatch(count -> count == 0);
    }

    /** Returns the factors of the outputs' losses in each pass; none if nothing is to be scaled there. */
    List<Double> inPasses(int segment) {
        return counter.filter(LabelCounter::scalesPasses)
                .map(present -> present.factors(counts.get(segment), examples))
                .orElse(List.of());
    }

    /** Returns the factor of the sum of all passes. */
    double ofSum(int segment) {
        return counter.filter(present -> !present.scalesPasses())
                .map(present -> present.factors(counts.get(segment), examples).get(0))
                .orElse(1.0);
    }

    /** Returns for each segment the counts of the outputs; the arrays are copies. */
    List<double[]> counts() {
        return counts.stream().map(double[]::clone).toList();
    }

    long examples() {
        return examples;
    }

    void restore(List<double[]> saved, long savedExamples) {
        clear();
        saved.forEach(count -> counts.add(count.clone()));
        examples = savedExamples;
    }

    void clear() {
        counts.clear();
        examples = 0;
    }
}
