/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One update of moving statistics from the whole window, as if its examples had come in one batch.
 *
 * <p>With {@code n_m} values per channel in micro-batch m, N in all, the statistics of the window are
 *
 * <pre>
 *   mean = sum n_m mean_m / N
 *   var  = sum n_m var_m / N + sum n_m (mean_m - mean)^2 / N
 * </pre>
 *
 * (Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance"). The micro-batch values are not at
 * hand, but their updates {@code u_m = (1 - d)(x0 - x_m)} are, and the same identity in terms of updates needs no
 * division of small differences:
 *
 * <pre>
 *   u_mean = sum n_m u_mean,m / N
 *   u_var  = sum n_m u_var,m / N - sum n_m (u_mean,m - u_mean)^2 / (N (1 - d))
 * </pre>
 *
 * The sums are formed by the running updates of West 1979, in double.
 */
final class PooledStatistics implements UpdatePool {

    private final MovingStatistics at;
    private final INDArray parameters;
    private final double[] mean;
    private final double[] variance;
    private final double[] scatter;
    private double total;

    /** Makes an empty pool for statistics at these parameters. */
    PooledStatistics(MovingStatistics at, INDArray parameters) {
        this.at = at;
        this.parameters = parameters;
        int channels = at.channels();
        mean = new double[channels];
        variance = new double[channels];
        scatter = new double[channels];
    }

    /**
     * {@inheritDoc}
     *
     * @param weights one element, the number of values per channel {@code n_m}
     */
    @Override
    public void add(INDArray flat, double[] weights) {
        double[] nextMean = at.meanChange(flat);
        double[] nextVariance = at.varianceChange(flat, parameters);
        total += weights[0];
        double share = weights[0] / total;
        for (int c = 0; c < mean.length; c++) {
            double offMean = nextMean[c] - mean[c];
            mean[c] += share * offMean;
            scatter[c] += weights[0] * offMean * (nextMean[c] - mean[c]);
            variance[c] += share * (nextVariance[c] - variance[c]);
        }
    }

    @Override
    public List<double[]> state() {
        return List.of(mean.clone(), variance.clone(), scatter.clone(), new double[] {total});
    }

    @Override
    public void restore(List<double[]> state) {
        System.arraycopy(state.get(0), 0, mean, 0, mean.length);
        System.arraycopy(state.get(1), 0, variance, 0, variance.length);
        System.arraycopy(state.get(2), 0, scatter, 0, scatter.length);
        total = state.get(3)[0];
    }

    /** By the identity of Chan, Golub and LeVeque for two samples, of which {@link #add} is the case of one. */
    @Override
    public void merge(List<double[]> state, int microBatches) {
        double otherTotal = state.get(3)[0];
        double before = total;
        total += otherTotal;
        double share = otherTotal / total;
        for (int c = 0; c < mean.length; c++) {
            double offMean = state.get(0)[c] - mean[c];
            mean[c] += share * offMean;
            variance[c] += share * (state.get(1)[c] - variance[c]);
            scatter[c] += state.get(2)[c] + offMean * offMean * before * share;
        }
    }

    @Override
    public void writeTo(INDArray flat) {
        double[] varianceChange = variance.clone();
        double fresh = 1 - at.decay();
        for (int c = 0; c < varianceChange.length && fresh > 0; c++) {
            varianceChange[c] -= scatter[c] / (total * fresh);
        }
        at.write(flat, parameters, mean, varianceChange);
    }
}
