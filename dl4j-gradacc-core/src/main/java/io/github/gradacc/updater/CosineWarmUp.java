/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Half a cosine at the start of training, over another schedule: slow at first and at the end, where
 * {@link LinearWarmUp} has kinks.
 *
 * <p>In the step with i steps before it,
 *
 * <pre>
 *   value = base(i) (startFactor + (1 - startFactor) (1 - cos(pi i / steps)) / 2)   if i &lt; steps
 *   value = base(i)                                        otherwise
 * </pre>
 *
 * <p>The schedule below counts from the first step, and not from the end of the warm-up.
 *
 * @param base the schedule that is warmed up to; a copy is kept
 * @param steps the length of the warm-up in optimizer steps, at least 1
 * @param startFactor the part of {@code base} in the first step, at least 0 and at most 1
 */
public record CosineWarmUp(
        @JsonProperty(value = "base", required = true) @JsonSetter(nulls = Nulls.FAIL)
        ISchedule base,

        @JsonProperty(value = "steps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int steps,

        @JsonProperty(value = "startFactor", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double startFactor)
        implements ISchedule {

    /** Checks the numbers. */
    @JsonCreator
    public CosineWarmUp {
        base = Arguments.rates("base", base);
        Arguments.atLeast1("steps", steps);
        Arguments.from0To1("startFactor", startFactor);
    }

    /** Up to a rate that stays the same. */
    public CosineWarmUp(double rate, int steps, double startFactor) {
        this(Arguments.rate(rate), steps, startFactor);
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        double value = base.valueAt(iteration, epoch);
        if (iteration >= steps) {
            return value;
        }
        double done = (double) iteration / steps;
        return value * (startFactor + (1 - startFactor) * (1 - Math.cos(Math.PI * done)) / 2);
    }

    @Override
    public CosineWarmUp clone() {
        return new CosineWarmUp(base, steps, startFactor);
    }
}
