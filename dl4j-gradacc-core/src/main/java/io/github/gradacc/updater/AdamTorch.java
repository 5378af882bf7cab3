/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Adaptive moments: {@code torch.optim.Adam} and, with DL4J's {@code WeightDecay}, {@code AdamW} (Kingma and Ba 2015;
 * amsgrad: Reddi, Kale and Kumar 2018; decoupled decay: Loshchilov and Hutter 2019).
 *
 * <p>In step t, with the gradient g, the averages m and v, and the step's learning rate,
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2,   amsgrad: h = max(h, v), which takes the place of v below
 *   update = rate / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps)
 * </pre>
 *
 * <p>DL4J's {@code Adam} and {@code AMSGrad} add eps to sqrt(v) instead, which makes it larger by
 * {@code 1 / sqrt(1 - beta2^t)}, 32 times in the first step. And where a schedule gives the learning rate 0, they step
 * with the rate eps.
 *
 * <p>t is the network's iteration counter plus 1. State: m, v and, with amsgrad, h.
 *
 * @param rate the learning rate
 * @param betas of the averages m and v
 * @param eps is added to roots, finite and at least 1e-30: with 0, which torch takes, a parameter whose gradients have
 *     all been 0 would become NaN
 * @param amsgrad tells whether the largest v so far counts
 */
public record AdamTorch(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "betas", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Betas betas,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps,

        @JsonProperty(value = "amsgrad", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean amsgrad)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public AdamTorch {
        rate = LearningRate.copyOf(rate);
        Arguments.given("betas", betas);
        Arguments.eps(eps);
    }

    /** torch's defaults: learning rate 1e-3, betas 0.9 and 0.999, eps 1e-8, no amsgrad. */
    public AdamTorch() {
        this(1e-3);
    }

    /** torch's defaults with this learning rate. */
    public AdamTorch(double learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-8, false);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public AdamTorch(ISchedule learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-8, false);
    }

    /** Returns a copy with this learning rate. */
    public AdamTorch withLearningRate(double learningRate) {
        return new AdamTorch(new LearningRate(learningRate), betas, eps, amsgrad);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public AdamTorch withLearningRate(ISchedule learningRate) {
        return new AdamTorch(new LearningRate(learningRate), betas, eps, amsgrad);
    }

    /** Returns a copy with these betas. */
    public AdamTorch withBetas(double beta1, double beta2) {
        return new AdamTorch(rate, new Betas(beta1, beta2), eps, amsgrad);
    }

    /** Returns a copy with this eps. */
    public AdamTorch withEps(double eps) {
        return new AdamTorch(rate, betas, eps, amsgrad);
    }

    /** Returns a copy with the largest mean square so far, or with the current one. */
    public AdamTorch withAmsgrad(boolean amsgrad) {
        return new AdamTorch(rate, betas, eps, amsgrad);
    }

    @Override
    public Slots slots() {
        Slot mean = Slot.zeros("exp_avg");
        Slot meanSquare = Slot.squares("exp_avg_sq");
        return amsgrad ? Slots.of(mean, meanSquare, Slot.squares("max_exp_avg_sq")) : Slots.of(mean, meanSquare);
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        // c m / (sqrt(v) / k + eps) = c k m / (sqrt(v) + k eps)
        double shrunkEps = eps * Math.sqrt(betas.secondCorrection(iteration));
        if (amsgrad) {
            Fused.amsgrad(gradient, state.get(0), state.get(1), state.get(2), betas, step, shrunkEps, iteration);
        } else {
            Fused.adam(gradient, state.get(0), state.get(1), betas, step, shrunkEps, iteration);
        }
    }

    @Override
    public AdamTorch clone() {
        return new AdamTorch(rate, betas, eps, amsgrad);
    }
}
