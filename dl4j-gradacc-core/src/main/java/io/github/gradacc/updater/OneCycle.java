/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Up to the largest value, and down to almost nothing: {@code torch.optim.lr_scheduler.OneCycleLR} (Smith and Topin
 * 2018, "Super-convergence: very fast training of neural networks using large learning rates").
 *
 * <p>With {@code initial = max / divFactor} and {@code last = initial / finalDivFactor}, values go from one to the next
 * of these, and reach them in the steps with so many steps before them:
 *
 * <pre>
 *   initial, 0;   max, pctStart totalSteps - 1;   last, totalSteps - 1
 *   initial, 0;   max, pctStart totalSteps - 1;   initial, 2 pctStart totalSteps - 2;   last, totalSteps - 1
 * </pre>
 *
 * <p>the latter with three phases. Between a and b, at the part p of the way, the value is {@code b + (a - b) (1 +
 * cos(pi p)) / 2}, or {@code a + (b - a) p} if linear. After the last step it stays at {@code last}, where torch fails.
 *
 * <p>torch also moves the momentum, which updaters here do not let change.
 *
 * @param max the largest value, finite and at least 0
 * @param totalSteps of the whole training, at least 2
 * @param pctStart the part of the steps that values rise in, at least 0 and at most 1; with three phases at most 1 / 2
 * @param divFactor finite and above 0
 * @param finalDivFactor finite and above 0
 * @param linear tells whether values follow straight lines rather than cosines
 * @param threePhase tells whether values fall to {@code initial} as fast as they rose
 */
public record OneCycle(
        @JsonProperty(value = "max", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double max,

        @JsonProperty(value = "totalSteps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int totalSteps,

        @JsonProperty(value = "pctStart", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double pctStart,

        @JsonProperty(value = "divFactor", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double divFactor,

        @JsonProperty(value = "finalDivFactor", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double finalDivFactor,

        @JsonProperty(value = "linear", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean linear,

        @JsonProperty(value = "threePhase", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean threePhase)
        implements ISchedule {

    /** Checks the numbers. */
    @JsonCreator
    public OneCycle {
        Arguments.atLeast0("max", max);
        if (totalSteps < 2) {
            throw new IllegalArgumentException("totalSteps must be at least 2, got " + totalSteps);
        }
        Arguments.from0To1("pctStart", pctStart);
        Arguments.above0("divFactor", divFactor);
        Arguments.above0("finalDivFactor", finalDivFactor);
        if (threePhase && pctStart > 0.5) {
            throw new IllegalArgumentException(
                    "Three phases need a pctStart of at most 0.5, so that values can fall in time, got " + pctStart);
        }
    }

    /** torch's defaults: 30 percent of the steps up, from max / 25, down to max / 250,000; cosines, two phases. */
    public OneCycle(double max, int totalSteps) {
        this(max, totalSteps, 0.3, 25, 1e4, false, false);
    }

    /** Returns a copy that rises in this part of the steps. */
    public OneCycle withPctStart(double pctStart) {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }

    /** Returns a copy that starts at max divided by this. */
    public OneCycle withDivFactor(double divFactor) {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }

    /** Returns a copy that ends at the first value divided by this. */
    public OneCycle withFinalDivFactor(double finalDivFactor) {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }

    /** Returns a copy that follows straight lines, or cosines. */
    public OneCycle withLinear(boolean linear) {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }

    /** Returns a copy with three phases, or two. */
    public OneCycle withThreePhase(boolean threePhase) {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }

    @Override
    public double valueAt(int iteration, int epoch) {
        double initial = max / divFactor;
        double last = initial / finalDivFactor;
        double end = totalSteps - 1.0;
        double top = pctStart * totalSteps - 1;
        double bottom = threePhase ? 2 * top : end;
        double step = Math.min(iteration, end);
        if (step <= top) {
            return between(initial, max, step, 0, top);
        } else if (step <= bottom) {
            return between(max, threePhase ? initial : last, step, top, bottom);
        }
        return between(initial, last, step, bottom, end);
    }

    /** Where a phase has no length, its end has been reached. */
    private double between(double a, double b, double step, double from, double to) {
        double part = to > from ? (step - from) / (to - from) : 1;
        return linear ? a + (b - a) * part : b + (a - b) / 2 * (1 + Math.cos(Math.PI * part));
    }

    @Override
    public OneCycle clone() {
        return new OneCycle(max, totalSteps, pctStart, divFactor, finalDivFactor, linear, threePhase);
    }
}
