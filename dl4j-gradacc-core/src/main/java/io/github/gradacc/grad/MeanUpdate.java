/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The mean of the micro-batches' updates, weighted by examples: the rule for an update of which nothing is known but that
 * it is one (a custom layer). It is exact where the update is an average over examples, and moves the parameter by one
 * update per window in any case.
 */
public final class MeanUpdate implements UpdatePool {

    private final IndexRange at;
    private final double[] mean;
    private double total;

    /**
     * Makes an empty pool.
     *
     * @param at range of the update
     */
    public MeanUpdate(IndexRange at) {
        this.at = at;
        mean = new double[Math.toIntExact(at.length())];
    }

    @Override
    public List<IndexRange> ranges() {
        return List.of(at);
    }

    /**
     * {@inheritDoc}
     *
     * @param weights one element, the number of examples
     */
    @Override
    public void add(INDArray flat, double[] weights) {
        double[] update = at.of(flat).toDoubleVector();
        total += weights[0];
        for (int i = 0; i < mean.length; i++) {
            mean[i] += (update[i] - mean[i]) * (weights[0] / total);
        }
    }

    @Override
    public void writeTo(INDArray flat) {
        INDArray view = at.of(flat);
        for (int i = 0; i < mean.length; i++) {
            view.putScalar(i, mean[i]);
        }
    }

    @Override
    public void clear() {
        Arrays.fill(mean, 0);
        total = 0;
    }
}
