/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Adam with a rectified variance: {@code torch.optim.RAdam} (Liu et al. 2020, "On the variance of the adaptive learning
 * rate and beyond", arXiv 1908.03265, algorithm 2).
 *
 * <p>In step t, with the gradient g, the averages m and v, and the step's learning rate,
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   q = 2 / (1 - beta2) - 1
 *   p = q - 2 t beta2^t / (1 - beta2^t)
 *   r = sqrt((p - 4) (p - 2) q / ((q - 4) (q - 2) p))
 *   update = rate / (1 - beta1^t) m                                              if p &lt;= 5
 *   update = rate / (1 - beta1^t) m r sqrt(1 - beta2^t) / (sqrt(v) + eps)        otherwise
 * </pre>
 *
 * <p>p is the length of the average v. The paper divides by the root of v from p &gt; 4 on, and has no eps; its
 * authors' program and torch wait until p &gt; 5.
 *
 * <p>t is the network's iteration counter plus 1. State: m and v.
 *
 * @param rate the learning rate
 * @param betas of the averages m and v
 * @param eps is added to roots, finite and at least 1e-30: with 0, which torch takes, a parameter whose gradients have
 *     all been 0 would become NaN
 */
public record RAdam(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "betas", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Betas betas,

        @JsonProperty(value = "eps", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double eps)
        implements RatedUpdater {

    /** Averages must be longer than this for their variance to count. */
    private static final double SHORTEST = 5;

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public RAdam {
        rate = LearningRate.copyOf(rate);
        Arguments.given("betas", betas);
        Arguments.eps(eps);
    }

    /** torch's defaults: learning rate 1e-3, betas 0.9 and 0.999, eps 1e-8. */
    public RAdam() {
        this(1e-3);
    }

    /** torch's defaults with this learning rate. */
    public RAdam(double learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-8);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public RAdam(ISchedule learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.999), 1e-8);
    }

    /** Returns a copy with this learning rate. */
    public RAdam withLearningRate(double learningRate) {
        return new RAdam(new LearningRate(learningRate), betas, eps);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public RAdam withLearningRate(ISchedule learningRate) {
        return new RAdam(new LearningRate(learningRate), betas, eps);
    }

    /** Returns a copy with these betas. */
    public RAdam withBetas(double beta1, double beta2) {
        return new RAdam(rate, new Betas(beta1, beta2), eps);
    }

    /** Returns a copy with this eps. */
    public RAdam withEps(double eps) {
        return new RAdam(rate, betas, eps);
    }

    @Override
    public Slots slots() {
        return Slots.of(Slot.zeros("exp_avg"), Slot.squares("exp_avg_sq"));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        INDArray mean = state.get(0);
        double length = length(iteration + 1.0);
        if (length > SHORTEST) {
            Fused.adam(gradient, mean, state.get(1), betas, step * rectification(length), eps, iteration);
        } else {
            Fused.adam(gradient, mean, state.get(1), betas, 1, eps, iteration);
            mean.muli(step / betas.firstCorrection(iteration), gradient);
        }
    }

    private double longest() {
        return 2 / (1 - betas.second()) - 1;
    }

    private double length(double t) {
        double power = Math.pow(betas.second(), t);
        return longest() - 2 * t * power / (1 - power);
    }

    private double rectification(double length) {
        double longest = longest();
        return Math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
    }

    @Override
    public RAdam clone() {
        return new RAdam(rate, betas, eps);
    }
}
