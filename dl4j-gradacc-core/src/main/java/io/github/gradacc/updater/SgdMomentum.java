/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Stochastic gradient descent with momentum ("heavy ball", Polyak 1964), or with Nesterov's: {@code torch.optim.SGD}.
 *
 * <p>With the gradient g (negated, to maximize), the buffer b and the step's learning rate,
 *
 * <pre>
 *   b = momentum b + (1 - dampening) g,   b = g in the first step
 *   update = rate b,   with nesterov: rate (g + momentum b),   without momentum: rate g
 * </pre>
 *
 * <p>The rate multiplies the buffer when it is used, as in torch. DL4J's {@code Nesterovs} puts the rate of each step
 * into its buffer: the same while the rate stays as it is, and another path once it changes.
 *
 * <p>Steps are the network's iterations. {@code maximize} turns the gradient around after DL4J has added {@code l2},
 * which then makes parameters larger; {@code WeightDecay} makes them smaller, as torch's weight decay does.
 *
 * <p>State: b, if there is momentum.
 *
 * @param rate the learning rate
 * @param momentum finite and at least 0; 0 is none
 * @param dampening finite; without effect where there is no momentum
 * @param nesterov tells whether momentum is Nesterov's, which wants momentum and no dampening
 * @param maximize tells whether parameters follow the gradient rather than its opposite
 */
public record SgdMomentum(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "momentum", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double momentum,

        @JsonProperty(value = "dampening", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double dampening,

        @JsonProperty(value = "nesterov", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean nesterov,

        @JsonProperty(value = "maximize", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean maximize)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public SgdMomentum {
        rate = LearningRate.copyOf(rate);
        Arguments.atLeast0("momentum", momentum);
        Arguments.finite("dampening", dampening);
        if (nesterov && momentum == 0) {
            throw new IllegalArgumentException("Nesterov's momentum must be above 0, got 0.0: call withMomentum before"
                    + " withNesterov(true), or withNesterov(false) before withMomentum(0)");
        }
        if (nesterov && dampening != 0) {
            throw new IllegalArgumentException("Nesterov's momentum has no dampening, got dampening " + dampening
                    + ": leave out withDampening or withNesterov");
        }
    }

    /** torch's defaults: learning rate 1e-3, nothing else. */
    public SgdMomentum() {
        this(1e-3);
    }

    /** torch's defaults with this learning rate. */
    public SgdMomentum(double learningRate) {
        this(new LearningRate(learningRate), 0, 0, false, false);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public SgdMomentum(ISchedule learningRate) {
        this(new LearningRate(learningRate), 0, 0, false, false);
    }

    /** Returns a copy with this learning rate. */
    public SgdMomentum withLearningRate(double learningRate) {
        return new SgdMomentum(new LearningRate(learningRate), momentum, dampening, nesterov, maximize);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public SgdMomentum withLearningRate(ISchedule learningRate) {
        return new SgdMomentum(new LearningRate(learningRate), momentum, dampening, nesterov, maximize);
    }

    /** Returns a copy with this momentum. */
    public SgdMomentum withMomentum(double momentum) {
        return new SgdMomentum(rate, momentum, dampening, nesterov, maximize);
    }

    /** Returns a copy with this dampening of what enters the buffer. */
    public SgdMomentum withDampening(double dampening) {
        return new SgdMomentum(rate, momentum, dampening, nesterov, maximize);
    }

    /** Returns a copy with Nesterov's momentum, or with the plain one. */
    public SgdMomentum withNesterov(boolean nesterov) {
        return new SgdMomentum(rate, momentum, dampening, nesterov, maximize);
    }

    /** Returns a copy that maximizes, or minimizes. */
    public SgdMomentum withMaximize(boolean maximize) {
        return new SgdMomentum(rate, momentum, dampening, nesterov, maximize);
    }

    @Override
    public Slots slots() {
        return momentum == 0 ? Slots.of() : Slots.of(Slot.zeros("momentum_buffer"));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        double sign = maximize ? -1 : 1;
        if (momentum == 0) {
            gradient.muli(sign * step);
            return;
        }
        INDArray buffer = state.get(0);
        // The buffer has the sign of the gradient as it comes, also where torch's has the other.
        Fused.momentum(gradient, buffer, momentum, iteration == 0 ? 1 : 1 - dampening);
        if (nesterov) {
            gradient.muli(-sign * step);
        } else {
            buffer.muli(sign * step, gradient);
        }
    }

    @Override
    public SgdMomentum clone() {
        return new SgdMomentum(rate, momentum, dampening, nesterov, maximize);
    }
}
