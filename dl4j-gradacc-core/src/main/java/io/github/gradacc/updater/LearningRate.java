/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * The learning rate of an updater: a number, or a schedule of DL4J's. Equal to another one with the same schedule,
 * where a number is a schedule that does not change.
 *
 * <p>It is the one thing that changes in an updater, since {@code setLearningRate} of DL4J's networks sets it in the
 * configuration of a built network. What {@code withX(...)} and {@code clone()} of an updater return has a learning
 * rate of its own. DL4J does not copy updaters where it copies layers: layers, configurations and networks that were
 * made from one another by {@code clone()} share one updater, and so do a network and the builder that was given it. A
 * rate that is set in one of them is set in all.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.NONE,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
public final class LearningRate implements Serializable {

    private static final long serialVersionUID = 1L;

    @JsonProperty("schedule")
    private volatile ISchedule schedule;

    /**
     * A rate that follows a schedule.
     *
     * @param schedule gives the rate at each iteration and epoch, before the first step too; a copy is kept
     * @throws IllegalArgumentException if it is null, or starts with a number that is not finite or below 0
     */
    @JsonCreator
    public LearningRate(
            @JsonProperty(value = "schedule", required = true) @JsonSetter(nulls = Nulls.FAIL) ISchedule schedule) {
        this.schedule = checked(schedule);
    }

    /**
     * A rate that stays the same.
     *
     * @param rate finite and at least 0
     */
    public LearningRate(double rate) {
        this(new FixedSchedule(rate));
    }

    /**
     * Returns the rate of a step.
     *
     * @param iteration the number of optimizer steps before this one
     * @param epoch the number of epochs before this one
     * @throws IllegalStateException if the schedule gives a number that is not finite or below 0. In DL4J's own
     *     {@code fit} the updater state of layers before this one has then moved; the trainer asks all layers first
     */
    public double at(int iteration, int epoch) {
        ISchedule now = schedule;
        double rate = now.valueAt(iteration, epoch);
        if (!Arguments.isRate(rate)) {
            throw new IllegalStateException("The learning rate must be finite and at least 0, but " + now + " gives "
                    + rate + " at iteration " + iteration + ", epoch " + epoch);
        }
        return rate;
    }

    /** Another one with the same schedule. */
    static LearningRate copyOf(@Nullable LearningRate rate) {
        return new LearningRate(Arguments.given("rate", rate).schedule);
    }

    /**
     * What DL4J's {@code setLearningRate} wants: a schedule, or else a number, which is NaN if the schedule was null.
     */
    void set(double rate, @Nullable ISchedule newSchedule) {
        if (newSchedule == null && Double.isNaN(rate)) {
            throw new IllegalArgumentException(
                    "The learning rate must be a number that is finite and at least 0, or a schedule that is not null;"
                            + " got NaN, or no schedule");
        }
        schedule = checked(newSchedule == null ? new FixedSchedule(rate) : newSchedule);
    }

    private static ISchedule checked(@Nullable ISchedule schedule) {
        if (schedule instanceof FixedSchedule fixed && !Arguments.isRate(fixed.getValue())) {
            throw new IllegalArgumentException(
                    "The learning rate must be finite and at least 0, got " + fixed.getValue());
        }
        return Arguments.rates("the schedule of learning rates", schedule);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LearningRate rate && schedule.equals(rate.schedule);
    }

    @Override
    public int hashCode() {
        return schedule.hashCode();
    }

    @Override
    public String toString() {
        return schedule instanceof FixedSchedule fixed ? Double.toString(fixed.getValue()) : schedule.toString();
    }
}
