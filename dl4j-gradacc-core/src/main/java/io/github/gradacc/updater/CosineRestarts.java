/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Half a cosine from the largest value to the smallest, again and again: {@code
 * torch.optim.lr_scheduler.CosineAnnealingWarmRestarts} (Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent
 * with warm restarts", equation 5).
 *
 * <p>In the step with i steps before it, j of them since the last restart, in a period of T steps,
 *
 * <pre>
 *   value = min + (max - min) (1 + cos(pi j / T)) / 2
 * </pre>
 *
 * <p>The first period has {@code firstPeriod} steps, each further one {@code growth} times those of the one before. One
 * period without a restart is torch's {@code CosineAnnealingLR} over its {@code T_max} steps, and not beyond: in the
 * next step, with T_max steps before it, the schedule starts again at {@code max}, where torch has {@code eta_min}.
 * Give a training that may go on a longer period.
 *
 * @param max the value at a restart, finite and at least {@code min}
 * @param firstPeriod steps, at least 1; torch's {@code T_0}
 * @param growth at least 1; torch's {@code T_mult}
 * @param min finite and at least 0; torch's {@code eta_min}
 */
public record CosineRestarts(
        @JsonProperty(value = "max", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double max,

        @JsonProperty(value = "firstPeriod", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int firstPeriod,

        @JsonProperty(value = "growth", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int growth,

        @JsonProperty(value = "min", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double min)
        implements ISchedule {

    /** Checks the numbers. */
    @JsonCreator
    public CosineRestarts {
        Arguments.atLeast0("min", min);
        Arguments.atLeast0("max", max);
        if (max < min) {
            throw new IllegalArgumentException("max must be at least min, " + min + ", got " + max);
        }
        Arguments.atLeast1("firstPeriod", firstPeriod);
        Arguments.atLeast1("growth", growth);
    }

    /** torch's defaults: periods of one length, down to 0. */
    public CosineRestarts(double max, int firstPeriod) {
        this(max, firstPeriod, 1, 0);
    }

    /** Returns a copy with periods that grow by this factor. */
    public CosineRestarts withGrowth(int growth) {
        return new CosineRestarts(max, firstPeriod, growth, min);
    }

    /** Returns a copy with this smallest value. */
    public CosineRestarts withMin(double min) {
        return new CosineRestarts(max, firstPeriod, growth, min);
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        long period = firstPeriod;
        long position = iteration;
        if (growth == 1) {
            position %= period;
        }
        while (position >= period) {
            position -= period;
            period *= growth;
        }
        return min + (max - min) * (1 + Math.cos(Math.PI * position / period)) / 2;
    }

    @Override
    public CosineRestarts clone() {
        return new CosineRestarts(max, firstPeriod, growth, min);
    }
}
