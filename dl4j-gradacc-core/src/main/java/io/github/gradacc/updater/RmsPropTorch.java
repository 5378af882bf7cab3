/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Gradients over the root of their mean square: {@code torch.optim.RMSprop} (Tieleman and Hinton 2012; centered: Graves
 * 2013, "Generating sequences with recurrent neural networks").
 *
 * <p>With the gradient g, the averages v and a, the buffer b and the step's learning rate,
 *
 * <pre>
 *   v = alpha v + (1 - alpha) g^2
 *   a = alpha a + (1 - alpha) g               if centered
 *   d = sqrt(v) + eps,   centered: sqrt(v - a^2) + eps
 *   b = momentum b + g / d                    if momentum
 *   update = rate g / d,   with momentum: rate b
 * </pre>
 *
 * <p>All averages start at 0. DL4J's {@code RmsProp} starts v at eps, and has neither momentum nor the centered form.
 *
 * <p><b>Centered</b>, the difference c = v - a^2 is computed as {@code c = alpha c + alpha (1 - alpha) (g - a)^2}, with
 * the a of before. That is the same by algebra, but a sum of squares: it loses no digits, and is never below 0, which
 * torch's difference can be by rounding, and then makes the parameter NaN. A gradient that stays the same has no
 * variance: c goes to 0, and updates grow by up to 1 / sqrt(alpha) a step towards rate g / eps. Where that may happen,
 * take a larger eps or clip gradients after a look at how they spread; plain RMSprop does not have it.
 *
 * <p>State: v, or if centered c and a; b, if there is momentum.
 *
 * @param rate the learning rate
 * @param alpha how much of an average stays at each step, at least 0 and below 1
 * @param eps is added to roots, finite and at least 1e-30: with 0, which torch takes, a parameter whose gradients have
 *     all been 0 would become NaN
 * @param momentum finite and at least 0; 0 is none
 * @param centered tells whether gradients are divided by the root of their variance
 */
public record RmsPropTorch(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "alpha", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double alpha,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps,

        @JsonProperty(value = "momentum", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double momentum,

        @JsonProperty(value = "centered", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean centered)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public RmsPropTorch {
        rate = LearningRate.copyOf(rate);
        Arguments.share("alpha", alpha);
        Arguments.eps(eps);
        Arguments.atLeast0("momentum", momentum);
    }

    /** torch's defaults: learning rate 1e-2, alpha 0.99, eps 1e-8, no momentum, not centered. */
    public RmsPropTorch() {
        this(1e-2);
    }

    /** torch's defaults with this learning rate. */
    public RmsPropTorch(double learningRate) {
        this(new LearningRate(learningRate), 0.99, 1e-8, 0, false);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public RmsPropTorch(ISchedule learningRate) {
        this(new LearningRate(learningRate), 0.99, 1e-8, 0, false);
    }

    /** Returns a copy with this learning rate. */
    public RmsPropTorch withLearningRate(double learningRate) {
        return new RmsPropTorch(new LearningRate(learningRate), alpha, eps, momentum, centered);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public RmsPropTorch withLearningRate(ISchedule learningRate) {
        return new RmsPropTorch(new LearningRate(learningRate), alpha, eps, momentum, centered);
    }

    /** Returns a copy whose averages keep this share of themselves. */
    public RmsPropTorch withAlpha(double alpha) {
        return new RmsPropTorch(rate, alpha, eps, momentum, centered);
    }

    /** Returns a copy with this eps. */
    public RmsPropTorch withEps(double eps) {
        return new RmsPropTorch(rate, alpha, eps, momentum, centered);
    }

    /** Returns a copy with this momentum. */
    public RmsPropTorch withMomentum(double momentum) {
        return new RmsPropTorch(rate, alpha, eps, momentum, centered);
    }

    /** Returns a copy that divides by the root of the variance, or of the mean square. */
    public RmsPropTorch withCentered(boolean centered) {
        return new RmsPropTorch(rate, alpha, eps, momentum, centered);
    }

    @Override
    public Slots slots() {
        Slot square = Slot.squares(centered ? "grad_var" : "square_avg");
        Slot mean = Slot.zeros("grad_avg");
        Slot buffer = Slot.zeros("momentum_buffer");
        if (centered) {
            return momentum == 0 ? Slots.of(square, mean) : Slots.of(square, mean, buffer);
        }
        return momentum == 0 ? Slots.of(square) : Slots.of(square, buffer);
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        double factor = momentum == 0 ? step : 1;
        if (centered) {
            overDeviation(gradient, state);
            if (factor != 1) {
                gradient.muli(factor);
            }
        } else {
            Fused.meanSquare(gradient, state.get(0), gradient, alpha, factor, eps);
        }
        if (momentum != 0) {
            INDArray buffer = state.get(centered ? 2 : 1);
            Fused.momentum(gradient, buffer, momentum, 1);
            buffer.muli(step, gradient);
        }
    }

    /** {@code g / (sqrt(c) + eps)} in place of g. */
    private void overDeviation(INDArray gradient, State state) {
        INDArray variance = state.get(0);
        INDArray mean = state.get(1);
        INDArray deviation = gradient.subi(mean, state.scratch(gradient));
        Fused.add(1 - alpha, deviation, mean, mean);
        Fused.momentum(deviation.muli(deviation), variance, alpha, alpha * (1 - alpha));
        Fused.overRoot(gradient, variance, eps, deviation, gradient);
    }

    @Override
    public RmsPropTorch clone() {
        return new RmsPropTorch(rate, alpha, eps, momentum, centered);
    }
}
