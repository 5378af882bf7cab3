/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * A straight line at the start of training, over another schedule: {@code torch.optim.lr_scheduler.LinearLR} chained
 * with the other (Goyal et al. 2017, "Accurate, large minibatch SGD: training ImageNet in 1 hour", section 2.2).
 *
 * <p>In the step with i steps before it,
 *
 * <pre>
 *   value = base(i) (startFactor + (1 - startFactor) i / steps)   if i &lt; steps
 *   value = base(i)                                        otherwise
 * </pre>
 *
 * <p>The schedule below counts from the first step, and not from the end of the warm-up.
 *
 * @param base the schedule that is warmed up to; a copy is kept
 * @param steps the length of the warm-up in optimizer steps, at least 1
 * @param startFactor the part of {@code base} in the first step, at least 0 and at most 1
 */
public record LinearWarmUp(
        @JsonProperty(value = "base", required = true) @JsonSetter(nulls = Nulls.FAIL)
        ISchedule base,

        @JsonProperty(value = "steps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int steps,

        @JsonProperty(value = "startFactor", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double startFactor)
        implements ISchedule {

    /** Checks the numbers. */
    @JsonCreator
    public LinearWarmUp {
        base = Arguments.rates("base", base);
        Arguments.atLeast1("steps", steps);
        Arguments.from0To1("startFactor", startFactor);
    }

    /** Up to a rate that stays the same. */
    public LinearWarmUp(double rate, int steps, double startFactor) {
        this(Arguments.rate(rate), steps, startFactor);
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        double value = base.valueAt(iteration, epoch);
        if (iteration >= steps) {
            return value;
        }
        double done = (double) iteration / steps;
        return value * (startFactor + (1 - startFactor) * done);
    }

    @Override
    public LinearWarmUp clone() {
        return new LinearWarmUp(base, steps, startFactor);
    }
}
