/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Moving statistics that move once per micro-batch, in order, as a loop of k native steps would move them.
 *
 * <p>Each micro-batch's update {@code u_m = (1 - d)(x0 - x_m)} was computed from the statistics {@code x0} at the start
 * of the window. Applying the micro-batches one after the other, {@code x := d x + (1 - d) x_m}, makes the change
 * {@code U = x0 - x} of the whole window grow by
 *
 * <pre>
 *   U := d U + u_m
 * </pre>
 *
 * which follows by putting {@code x = x0 - U} into the rule.
 */
final class SequentialStatistics implements UpdatePool {

    private final MovingStatistics at;
    private final INDArray parameters;
    private final double[] mean;
    private final double[] variance;

    /** Makes an empty pool for statistics at these parameters. */
    SequentialStatistics(MovingStatistics at, INDArray parameters) {
        this.at = at;
        this.parameters = parameters;
        int channels = at.channels();
        mean = new double[channels];
        variance = new double[channels];
    }

    /**
     * {@inheritDoc}
     *
     * @param weights not read: every micro-batch counts as one native step, whatever its size
     */
    @Override
    public void add(INDArray flat, double[] weights) {
        double[] nextMean = at.meanChange(flat);
        double[] nextVariance = at.varianceChange(flat, parameters);
        for (int c = 0; c < mean.length; c++) {
            mean[c] = at.decay() * mean[c] + nextMean[c];
            variance[c] = at.decay() * variance[c] + nextVariance[c];
        }
    }

    @Override
    public List<double[]> state() {
        return List.of(mean.clone(), variance.clone());
    }

    @Override
    public void restore(List<double[]> state) {
        System.arraycopy(state.get(0), 0, mean, 0, mean.length);
        System.arraycopy(state.get(1), 0, variance, 0, variance.length);
    }

    /** Micro-batches that came before fade once for each that comes after them. */
    @Override
    public void merge(List<double[]> state, int microBatches) {
        double faded = Math.pow(at.decay(), microBatches);
        for (int c = 0; c < mean.length; c++) {
            mean[c] = faded * mean[c] + state.get(0)[c];
            variance[c] = faded * variance[c] + state.get(1)[c];
        }
    }

    @Override
    public void writeTo(INDArray flat) {
        at.write(flat, parameters, mean, variance);
    }
}
