/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Averaged stochastic gradient descent: {@code torch.optim.ASGD} (Polyak and Juditsky 1992, "Acceleration of stochastic
 * approximation by averaging").
 *
 * <p>With the gradient g, the step's learning rate and i steps before this one,
 *
 * <pre>
 *   eta = rate / (1 + lambd rate i)^alpha
 *   update = eta g
 *   mu = 1 / max(1, i - t0)
 *   average = average + mu (parameters after the step - average)
 * </pre>
 *
 * <p>So the average is the parameters themselves up to step t0 + 1, then the mean of those after step t0 + 2 and later
 * ones. {@link AveragedParameters} returns it. An updater does not see the parameters. What is stored is how far they
 * are from their average, which the updates tell: {@code d = (1 - mu) (d - update)}; the average is the parameters less
 * d. What moves parameters after the updater, {@code WeightDecay} and constraints, is not in d.
 *
 * <p>torch's {@code ASGD} also makes the parameters smaller by {@code lambd eta} of themselves. That is DL4J's
 * {@code l2(lambd)}, to be added to the configuration; lambd here is that of eta only.
 *
 * <p>{@code getLearningRate} is eta. State: d.
 *
 * @param rate the learning rate
 * @param lambd how fast eta decays, finite and at least 0
 * @param alpha the power of the decay, finite and at least 0
 * @param t0 parameters after at most this many steps and one more are not averaged, finite and at least 0
 */
public record AveragedSgd(
        @JsonProperty(value = "rate", required = true) @JsonSetter(nulls = Nulls.FAIL)
        LearningRate rate,

        @JsonProperty(value = "lambd", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double lambd,

        @JsonProperty(value = "alpha", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double alpha,

        @JsonProperty(value = "t0", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double t0)
        implements RatedUpdater {

    static final String DISTANCE = "distance_from_average";

    /** Checks the numbers, and copies the learning rate. */
    @JsonCreator
    public AveragedSgd {
        rate = LearningRate.copyOf(rate);
        Arguments.atLeast0("lambd", lambd);
        Arguments.atLeast0("alpha", alpha);
        Arguments.atLeast0("t0", t0);
    }

    /** torch's defaults: learning rate 1e-2, lambd 1e-4, alpha 0.75, t0 1e6. */
    public AveragedSgd() {
        this(1e-2);
    }

    /** torch's defaults with this learning rate. */
    public AveragedSgd(double learningRate) {
        this(new LearningRate(learningRate), 1e-4, 0.75, 1e6);
    }

    /** torch's defaults with learning rates that follow this schedule. */
    public AveragedSgd(ISchedule learningRate) {
        this(new LearningRate(learningRate), 1e-4, 0.75, 1e6);
    }

    /** Returns a copy with this learning rate. */
    public AveragedSgd withLearningRate(double learningRate) {
        return new AveragedSgd(new LearningRate(learningRate), lambd, alpha, t0);
    }

    /** Returns a copy with learning rates that follow this schedule. */
    public AveragedSgd withLearningRate(ISchedule learningRate) {
        return new AveragedSgd(new LearningRate(learningRate), lambd, alpha, t0);
    }

    /** Returns a copy whose eta decays this fast. */
    public AveragedSgd withLambd(double lambd) {
        return new AveragedSgd(rate, lambd, alpha, t0);
    }

    /** Returns a copy whose eta decays with this power. */
    public AveragedSgd withAlpha(double alpha) {
        return new AveragedSgd(rate, lambd, alpha, t0);
    }

    /** Returns a copy that averages the parameters after more than this many steps. */
    public AveragedSgd withT0(double t0) {
        return new AveragedSgd(rate, lambd, alpha, t0);
    }

    @Override
    public double getLearningRate(int iteration, int epoch) {
        double initial = rate.at(iteration, epoch);
        return initial / Math.pow(1 + lambd * initial * iteration, alpha);
    }

    @Override
    public Slots slots() {
        return Slots.of(Slot.zeros(DISTANCE));
    }

    @Override
    public void apply(INDArray gradient, State state, int iteration, int epoch) {
        gradient.muli(getLearningRate(iteration, epoch));
        INDArray distance = state.get(0);
        double mu = 1 / Math.max(1, iteration - t0);
        if (mu == 1) {
            distance.assign(0);
        } else {
            distance.subi(gradient).muli(1 - mu);
        }
    }

    @Override
    public AveragedSgd clone() {
        return new AveragedSgd(rate, lambd, alpha, t0);
    }
}
