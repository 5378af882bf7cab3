/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * A schedule times a number that makes up for another batch size.
 *
 * <p>Rates are found for a batch size and used with another one, the effective batch: all examples of a window.
 * {@link #linear} multiplies by their ratio, so that one large step goes as far as the small ones that it replaces
 * (Goyal et al. 2017, section 2.1: for stochastic gradient descent, with a warm-up); {@link #squareRoot} by the root of
 * the ratio, which leaves the noise of a step as it was (Krizhevsky 2014, "One weird trick for parallelizing
 * convolutional neural networks", section 5), the usual choice for Adam and its like.
 *
 * @param base the schedule for the original batch size; a copy is kept
 * @param factor of its values, finite and above 0
 */
public record BatchScaled(
        @JsonProperty(value = "base", required = true) @JsonSetter(nulls = Nulls.FAIL)
        ISchedule base,

        @JsonProperty(value = "factor", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double factor)
        implements ISchedule {

    /** Checks the factor. */
    @JsonCreator
    public BatchScaled {
        base = Arguments.rates("base", base);
        Arguments.above0("factor", factor);
    }

    /**
     * Returns the schedule times effective batch / batch.
     *
     * @param base the schedule for batches of {@code batch} examples
     * @param batch at least 1
     * @param effectiveBatch examples in a step, at least 1
     */
    public static BatchScaled linear(ISchedule base, int batch, int effectiveBatch) {
        return new BatchScaled(base, ratio(batch, effectiveBatch));
    }

    /** Returns the rate times effective batch / batch, for each step. */
    public static BatchScaled linear(double rate, int batch, int effectiveBatch) {
        return linear(Arguments.rate(rate), batch, effectiveBatch);
    }

    /**
     * Returns the schedule times the root of effective batch / batch.
     *
     * @param base the schedule for batches of {@code batch} examples
     * @param batch at least 1
     * @param effectiveBatch examples in a step, at least 1
     */
    public static BatchScaled squareRoot(ISchedule base, int batch, int effectiveBatch) {
        return new BatchScaled(base, Math.sqrt(ratio(batch, effectiveBatch)));
    }

    /** Returns the rate times the root of effective batch / batch, for each step. */
    public static BatchScaled squareRoot(double rate, int batch, int effectiveBatch) {
        return squareRoot(Arguments.rate(rate), batch, effectiveBatch);
    }

    private static double ratio(int batch, int effectiveBatch) {
        Arguments.atLeast1("batch", batch);
        Arguments.atLeast1("effectiveBatch", effectiveBatch);
        return (double) effectiveBatch / batch;
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        return factor * base.valueAt(iteration, epoch);
    }

    @Override
    public BatchScaled clone() {
        return new BatchScaled(base, factor);
    }
}
