/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Gradients over the root of how far they are from what was expected (Zhuang et al. 2020, "AdaBelief optimizer:
 * adapting stepsizes by the belief in observed gradients", arXiv 2010.07468, algorithm 2).
 *
 * <p>In step t, with the gradient g, the averages m and s, and the step's learning rate,
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   s = beta2 s + (1 - beta2) (g - m)^2 + eps
 *   update = rate / (1 - beta1^t) m / (sqrt(s / (1 - beta2^t)) + eps)
 * </pre>
 *
 * <p>torch has no such optimizer; the defaults are those of the authors' program for PyTorch, {@code
 * adabelief-pytorch}, whose rectification (as in {@link RAdam}) is not part of the algorithm and not done here. DL4J
 * 1.0.0-M2.1 has a class of the same name in {@code org.nd4j.linalg.learning.config}, which cannot be instantiated; a
 * file that imports all of that package imports this class by its full name.
 *
 * <p>t is the network's iteration counter plus 1. State: m and s.
 *
 * @param rate the learning rate
 * @param betas of the averages m and s
 * @param eps finite and at least 1e-30: with 0, a parameter whose gradients have all been 0 would become NaN
 */
public record AdaBelief(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "betas", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Betas betas,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public AdaBelief {
        rate = LearningRate.copyOf(rate);
        Arguments.given("betas", betas);
        Arguments.eps(eps);
    }

    /** The defaults of the authors: learning rate 1e-3, betas 0.9 and 0.999, eps 1e-16. */
    public AdaBelief() {
        this(1e-3);
    }

    /** The authors' defaults with this learning rate. */
    public AdaBelief(double learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-16);
    }

    /** The authors' defaults with learning rates that follow this schedule. */
    public AdaBelief(ISchedule learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-16);
    }

    /** Returns a copy with this learning rate. */
    public AdaBelief withLearningRate(double learningRate) {
        return new AdaBelief(new LearningRate(learningRate), betas, eps);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public AdaBelief withLearningRate(ISchedule learningRate) {
        return new AdaBelief(new LearningRate(learningRate), betas, eps);
    }

    /** Returns a copy with these betas. */
    public AdaBelief withBetas(double beta1, double beta2) {
        return new AdaBelief(rate, new Betas(beta1, beta2), eps);
    }

    /** Returns a copy with this eps. */
    public AdaBelief withEps(double eps) {
        return new AdaBelief(rate, betas, eps);
    }

    @Override
    public Slots slots() {
        return Slots.of(Slot.zeros("exp_avg"), Slot.squares("exp_avg_var"));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        INDArray mean = state.get(0);
        INDArray spread = state.get(1);
        Fused.adaBelief(gradient, mean, spread, betas, step, eps, iteration);
        if (!isLostBesideRoots(gradient.dataType())) {
            // c m / (sqrt(s) / k + eps) = c k m / (sqrt(s) + k eps), where the step above has eps in place of k eps
            double root = Math.sqrt(betas.secondCorrection(iteration));
            Fused.overRoot(mean, spread, eps * root, gradient, gradient);
            gradient.muli(step * root / betas.firstCorrection(iteration));
        }
    }

    /** Tells whether adding eps to sqrt(s), which is at least sqrt(eps), changes no bit: as with 1e-16 in FLOAT. */
    private boolean isLostBesideRoots(DataType type) {
        return type == DataType.FLOAT && eps < Math.sqrt(eps) * Math.ulp(1f) / 4;
    }

    @Override
    public AdaBelief clone() {
        return new AdaBelief(rate, betas, eps);
    }
}
