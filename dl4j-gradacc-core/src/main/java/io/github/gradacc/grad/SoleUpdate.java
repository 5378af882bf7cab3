/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Keeps every bit of the update of a window's only micro-batch, which is the update of the window. A pool computes it
 * from what it took in, and may round on the way.
 */
final class SoleUpdate implements UpdatePool {

    private final List<IndexRange> ranges;
    private final UpdatePool pool;
    private List<double[]> first = List.of();
    private int microBatches;

    SoleUpdate(UpdateRule rule, INDArray parameters) {
        ranges = rule.ranges();
        pool = rule.newPool(parameters);
    }

    @Override
    public void add(INDArray flat, double[] weights) {
        if (microBatches == 0) {
            first = ranges.stream()
                    .map(range -> range.of(flat).toDoubleVector())
                    .toList();
        }
        microBatches++;
        pool.add(flat, weights);
    }

    /** First how many there were, then the first of them, then the pool. */
    @Override
    public List<double[]> state() {
        List<double[]> state = new ArrayList<>();
        state.add(new double[] {microBatches});
        state.addAll(first);
        state.addAll(pool.state());
        return state;
    }

    @Override
    public void restore(List<double[]> state) {
        microBatches = (int) state.get(0)[0];
        int ofFirst = microBatches == 0 ? 0 : ranges.size();
        first = state.subList(1, 1 + ofFirst).stream().map(double[]::clone).toList();
        pool.restore(state.subList(1 + ofFirst, state.size()));
    }

    /** As {@link #merge(List, int)}; the state says how many micro-batches there were. */
    void merge(List<double[]> state) {
        merge(state, (int) state.get(0)[0]);
    }

    @Override
    public void merge(List<double[]> state, int theirs) {
        if (theirs == 0) {
            return;
        }
        if (microBatches == 0) {
            restore(state);
            return;
        }
        int ofFirst = ranges.size();
        pool.merge(state.subList(1 + ofFirst, state.size()), theirs);
        microBatches += theirs;
    }

    @Override
    public void writeTo(INDArray flat) {
        if (microBatches != 1) {
            pool.writeTo(flat);
            return;
        }
        for (int r = 0; r < ranges.size(); r++) {
            INDArray view = ranges.get(r).of(flat);
            double[] update = first.get(r);
            for (int i = 0; i < update.length; i++) {
                view.putScalar(i, update[i]);
            }
        }
    }
}
