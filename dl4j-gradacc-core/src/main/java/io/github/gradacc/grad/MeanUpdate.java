/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.Arrays;
import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The mean of the micro-batches' updates, weighted by examples: the rule for an update of which nothing else is known
 * (a user's layer). It is exact where the update is an average over examples, and in any case moves the parameter by
 * one update per window.
 *
 * @param at range of the update
 */
@API(status = API.Status.INTERNAL)
public record MeanUpdate(IndexRange at) implements UpdateRule {

    @Override
    public List<IndexRange> ranges() {
        return List.of(at);
    }

    @Override
    public UpdatePool newPool(INDArray parameters) {
        return new Pool();
    }

    /** Its weights are one element, the number of examples. */
    private final class Pool implements UpdatePool {

        private final double[] mean = new double[Math.toIntExact(at.length())];
        private double total;

        @Override
        public void add(INDArray flat, double[] weights) {
            double[] update = at.of(flat).toDoubleVector();
            total += weights[0];
            for (int i = 0; i < mean.length; i++) {
                mean[i] += (update[i] - mean[i]) * (weights[0] / total);
            }
        }

        @Override
        public List<double[]> state() {
            return List.of(mean.clone(), new double[] {total});
        }

        @Override
        public void restore(List<double[]> state) {
            System.arraycopy(state.get(0), 0, mean, 0, mean.length);
            total = state.get(1)[0];
        }

        @Override
        public void merge(List<double[]> state, int microBatches) {
            double share = state.get(1)[0] / (total + state.get(1)[0]);
            total += state.get(1)[0];
            Arrays.setAll(mean, i -> mean[i] + (state.get(0)[i] - mean[i]) * share);
        }

        @Override
        public void writeTo(INDArray flat) {
            INDArray view = at.of(flat);
            for (int i = 0; i < mean.length; i++) {
                view.putScalar(i, mean[i]);
            }
        }
    }
}
