/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Resilient backpropagation: {@code torch.optim.Rprop} (Riedmiller and Braun 1993, "A direct adaptive method for faster
 * backpropagation learning: the RPROP algorithm"). It is made for gradients without noise: whole data sets, or windows
 * that are nearly that.
 *
 * <p>For each parameter with the gradient g, the sign p of the last one, and the step size z,
 *
 * <pre>
 *   if p sign(g) &gt; 0:   z = min(etaPlus z, maxStep)
 *   if p sign(g) &lt; 0:   z = max(etaMinus z, minStep),   g = 0
 *   update = sign(g) z
 *   p = sign(g)
 * </pre>
 *
 * <p>Only the gradient's sign counts. Where it changed, the parameter stays for one step, and is not taken back, as in
 * torch.
 *
 * <p>The learning rate is where step sizes start, and nothing afterwards. So DL4J is told that there is none: {@code
 * setLearningRate} of a network leaves it alone, and {@code WeightDecay} is not multiplied by it.
 *
 * <p>State: p and z.
 *
 * @param learningRate the step sizes before the first step, finite and at least 0
 * @param etaMinus by what a step size shrinks, above 0 and below 1
 * @param etaPlus by what a step size grows, finite and above 1
 * @param minStep the smallest step size, finite and at least 0
 * @param maxStep the largest step size, finite and at least {@code minStep}
 */
public record Rprop(
        @JsonProperty(value = "learningRate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double learningRate,

        @JsonProperty(value = "etaMinus", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double etaMinus,

        @JsonProperty(value = "etaPlus", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double etaPlus,

        @JsonProperty(value = "minStep", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double minStep,

        @JsonProperty(value = "maxStep", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double maxStep)
        implements TorchUpdater {

    /** Checks the numbers. */
    @JsonCreator
    public Rprop {
        Arguments.atLeast0("The learning rate", learningRate);
        if (!(etaMinus > 0 && etaMinus < 1)) {
            throw new IllegalArgumentException(
                    "etaMinus, by which step sizes shrink, must be above 0 and below 1, got " + etaMinus);
        }
        if (!(etaPlus > 1 && etaPlus < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "etaPlus, by which step sizes grow, must be finite and above 1, got " + etaPlus);
        }
        Arguments.atLeast0("The smallest step size", minStep);
        if (!(maxStep >= minStep && maxStep < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "The largest step size must be finite and at least the smallest, " + minStep + ", got " + maxStep);
        }
    }

    /** torch's defaults: step sizes from 1e-2, etas 0.5 and 1.2, step sizes between 1e-6 and 50. */
    public Rprop() {
        this(1e-2);
    }

    /** torch's defaults with step sizes that start here. */
    public Rprop(double learningRate) {
        this(learningRate, 0.5, 1.2, 1e-6, 50);
    }

    /** Returns a copy with step sizes that start here. */
    public Rprop withLearningRate(double learningRate) {
        return new Rprop(learningRate, etaMinus, etaPlus, minStep, maxStep);
    }

    /** Returns a copy whose step sizes shrink and grow by these factors. */
    public Rprop withEtas(double etaMinus, double etaPlus) {
        return new Rprop(learningRate, etaMinus, etaPlus, minStep, maxStep);
    }

    /** Returns a copy with step sizes between these. */
    public Rprop withStepSizes(double minStep, double maxStep) {
        return new Rprop(learningRate, etaMinus, etaPlus, minStep, maxStep);
    }

    @Override
    public Slots slots() {
        return Slots.of(Slot.zeros("prev"), new Slot("step_size", learningRate, false));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        INDArray sign = gradient;
        Nd4j.exec(new Sign(gradient, sign));
        INDArray last = state.get(0);
        INDArray agreement = last.muli(sign); // 1, or -1 where the sign changed, or 0
        if (etaPlus > 2) {
            agreement.muli(etaPlus); // so that 1 added to it is not below etaPlus
        }
        agreement.addi(1);
        INDArray factors = state.scratch(gradient);
        Fused.clip(agreement, etaMinus, etaPlus, factors);
        INDArray steps = state.get(1).muli(factors);
        Fused.clip(steps, minStep, maxStep, steps);
        Fused.clip(agreement, 0, 1, agreement);
        last.muli(sign); // agreement lies there: 0 where the sign changed
        last.muli(steps, gradient);
    }

    /** Returns NaN, DL4J's sign for no learning rate: step sizes are the updater's state. */
    @Override
    public double getLearningRate(int iteration, int epoch) {
        return Double.NaN;
    }

    @Override
    public boolean hasLearningRate() {
        return false;
    }

    /** Throws {@link UnsupportedOperationException}. */
    @Override
    public void setLrAndSchedule(double lr, @Nullable ISchedule lrSchedule) {
        throw new UnsupportedOperationException(
                "Rprop adapts its step sizes, which have no learning rate after the first "
                        + "step; give the size of the first to the configuration");
    }

    @Override
    public Rprop clone() {
        return new Rprop(learningRate, etaMinus, etaPlus, minStep, maxStep);
    }
}
