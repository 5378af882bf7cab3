/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.same.Sign;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * The sign of an average of gradients (Chen et al. 2023, "Symbolic discovery of optimization algorithms", arXiv
 * 2302.06675, algorithm 2).
 *
 * <p>With the gradient g, the average m and the step's learning rate,
 *
 * <pre>
 *   update = rate sign(beta1 m + (1 - beta1) g)
 *   m = beta2 m + (1 - beta2) g
 * </pre>
 *
 * <p>Each parameter moves by the rate, or not at all: the paper advises rates 3 to 10 times smaller than Adam's, and
 * its decoupled weight decay, DL4J's {@code WeightDecay}, larger by the same factor. torch has no such optimizer; the
 * defaults are the paper's.
 *
 * <p>State: m.
 *
 * @param rate the learning rate
 * @param betas of the average whose sign counts, and of m
 */
public record Lion(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "betas", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Betas betas)
        implements RatedUpdater {

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public Lion {
        rate = LearningRate.copyOf(rate);
        Arguments.given("betas", betas);
    }

    /** The defaults of the paper: learning rate 1e-4, betas 0.9 and 0.99. */
    public Lion() {
        this(1e-4);
    }

    /** The paper's defaults with this learning rate. */
    public Lion(double learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.99));
    }

    /** The paper's defaults with learning rates that follow this schedule. */
    public Lion(ISchedule learningRate) {
        this(new LearningRate(learningRate), new Betas(0.9, 0.99));
    }

    /** Returns a copy with this learning rate. */
    public Lion withLearningRate(double learningRate) {
        return new Lion(new LearningRate(learningRate), betas);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public Lion withLearningRate(ISchedule learningRate) {
        return new Lion(new LearningRate(learningRate), betas);
    }

    /** Returns a copy with these betas. */
    public Lion withBetas(double beta1, double beta2) {
        return new Lion(rate, new Betas(beta1, beta2));
    }

    @Override
    public Slots slots() {
        return Slots.of(Slot.zeros("exp_avg"));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        double step = rate.at(iteration, epoch);
        INDArray mean = state.get(0);
        INDArray direction = state.scratch(gradient);
        addWeighted(mean, gradient, direction);
        Fused.momentum(gradient, mean, betas.second(), 1 - betas.second());
        Nd4j.exec(new Sign(direction, gradient));
        gradient.muli(step);
    }

    /** {@code beta1 m + (1 - beta1) g}, divided by the larger of the two weights: only the sign counts. */
    private void addWeighted(INDArray mean, INDArray gradient, INDArray direction) {
        double beta = betas.first();
        if (beta > 0.5) {
            Fused.add((1 - beta) / beta, gradient, mean, direction);
        } else {
            Fused.add(beta / (1 - beta), mean, gradient, direction);
        }
    }

    @Override
    public Lion clone() {
        return new Lion(rate, betas);
    }
}
