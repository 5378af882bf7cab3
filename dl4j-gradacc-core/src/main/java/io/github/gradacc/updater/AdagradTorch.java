/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Gradients over the root of the sum of their squares: {@code torch.optim.Adagrad} (Duchi, Hazan and Singer 2011).
 *
 * <p>With the gradient g, the sum s, the step's learning rate and i steps before this one,
 *
 * <pre>
 *   s = s + g^2,   initialAccumulator before the first step
 *   update = rate / (1 + i lrDecay) g / (sqrt(s) + eps)
 * </pre>
 *
 * <p>i is the network's iteration counter. DL4J's {@code AdaGrad} starts s at 1e-6 and has no decay.
 *
 * <p>State: s.
 *
 * @param rate the learning rate
 * @param lrDecay finite and at least 0
 * @param initialAccumulator finite and at least 0
 * @param eps is added to roots, finite and at least 1e-30: with 0, which torch takes, a parameter whose gradients have
 *     all been 0 would become NaN
 */
public record AdagradTorch(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "lrDecay", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double lrDecay,

        @JsonProperty(value = "initialAccumulator", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double initialAccumulator,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public AdagradTorch {
        rate = LearningRate.copyOf(rate);
        Arguments.atLeast0("lrDecay", lrDecay);
        Arguments.atLeast0("initialAccumulator", initialAccumulator);
        Arguments.eps(eps);
    }

    /** torch's defaults: learning rate 1e-2, no decay, sums from 0, eps 1e-10. */
    public AdagradTorch() {
        this(1e-2);
    }

    /** torch's defaults with this learning rate. */
    public AdagradTorch(double learningRate) {
        this(new LearningRate(learningRate), 0, 0, 1e-10);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public AdagradTorch(ISchedule learningRate) {
        this(new LearningRate(learningRate), 0, 0, 1e-10);
    }

    /** Returns a copy with this learning rate. */
    public AdagradTorch withLearningRate(double learningRate) {
        return new AdagradTorch(new LearningRate(learningRate), lrDecay, initialAccumulator, eps);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public AdagradTorch withLearningRate(ISchedule learningRate) {
        return new AdagradTorch(new LearningRate(learningRate), lrDecay, initialAccumulator, eps);
    }

    /** Returns a copy whose rate decays by this. */
    public AdagradTorch withLrDecay(double lrDecay) {
        return new AdagradTorch(rate, lrDecay, initialAccumulator, eps);
    }

    /** Returns a copy whose sums start with this. */
    public AdagradTorch withInitialAccumulator(double initialAccumulator) {
        return new AdagradTorch(rate, lrDecay, initialAccumulator, eps);
    }

    /** Returns a copy with this eps. */
    public AdagradTorch withEps(double eps) {
        return new AdagradTorch(rate, lrDecay, initialAccumulator, eps);
    }

    @Override
    public Slots slots() {
        return Slots.of(new Slot("sum", initialAccumulator, true));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch) / (1 + iteration * lrDecay);
        Fused.sumOfSquares(gradient, state.get(0), step, eps);
    }

    @Override
    public AdagradTorch clone() {
        return new AdagradTorch(rate, lrDecay, initialAccumulator, eps);
    }
}
