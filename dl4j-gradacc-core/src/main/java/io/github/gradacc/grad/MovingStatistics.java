/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where one normalizing layer keeps its moving mean and variance, and how fast they move.
 *
 * <p>The layer's rule is {@code x1 = decay x0 + (1 - decay) x_batch}, written into the gradient array as the update
 * {@code x0 - x1 = (1 - decay) (x0 - x_batch)}, one value per channel.
 *
 * @param mean range of the moving mean
 * @param variance range of the moving variance, as long as {@code mean}
 * @param form how the variance is stored
 * @param decay share of the old value that is kept, in [0, 1]
 * @param policy what a window of several micro-batches does
 */
@API(status = API.Status.INTERNAL)
public record MovingStatistics(
        IndexRange mean, IndexRange variance, VarianceForm form, double decay, StatisticsPolicy policy)
        implements UpdateRule {

    /** @throws IllegalArgumentException if the ranges differ in length or the decay is outside [0, 1] */
    public MovingStatistics {
        if (mean.length() != variance.length()) {
            throw new IllegalArgumentException(
                    "Mean and variance need the same number of channels, got " + mean + " and " + variance);
        }
        if (!(decay >= 0 && decay <= 1)) {
            throw new IllegalArgumentException("decay must be in [0, 1], got " + decay);
        }
    }

    @Override
    public List<IndexRange> ranges() {
        return List.of(mean, variance);
    }

    @Override
    public UpdatePool newPool(INDArray parameters) {
        return switch (policy) {
            case POOLED -> new PooledStatistics(this, parameters);
            case SEQUENTIAL -> new SequentialStatistics(this, parameters);
        };
    }

    int channels() {
        return Math.toIntExact(mean.length());
    }

    /** Reads, per channel, the change of the mean. */
    double[] meanChange(INDArray flat) {
        return mean.of(flat).toDoubleVector();
    }

    /** Reads, per channel, the change of the variance. */
    double[] varianceChange(INDArray flat, INDArray parameters) {
        double[] values = variance.of(flat).toDoubleVector();
        double[] current = variance.of(parameters).toDoubleVector();
        for (int c = 0; c < values.length; c++) {
            values[c] = form.toChange(values[c], current[c]);
        }
        return values;
    }

    /** Writes changes of mean and variance back as updates. */
    void write(INDArray flat, INDArray parameters, double[] meanChange, double[] varianceChange) {
        double[] current = variance.of(parameters).toDoubleVector();
        INDArray meanView = mean.of(flat);
        INDArray varianceView = variance.of(flat);
        for (int c = 0; c < meanChange.length; c++) {
            meanView.putScalar(c, meanChange[c]);
            varianceView.putScalar(c, form.toUpdate(varianceChange[c], current[c]));
        }
    }
}
