/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;

/** What the arguments of updaters and schedules must be. NaN is none of it. */
final class Arguments {

    /**
     * The least eps: what parameters without a gradient are divided by. It is so small that in FLOAT, whose roots of
     * squares are 0 or above 3e-23, adding it changes no other quotient.
     */
    private static final double LEAST_EPS = 1e-30;

    private Arguments() {}

    static void atLeast0(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be finite and at least 0, got " + value);
        }
    }

    static void above0(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be finite and above 0, got " + value);
        }
    }

    static void finite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " must be finite, got " + value);
        }
    }

    static void share(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " must be at least 0 and below 1, got " + value);
        }
    }

    static void from0To1(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " must be at least 0 and at most 1, got " + value);
        }
    }

    /**
     * Refuses an eps of 0, which torch takes: a parameter whose gradients have all been 0, as for an input that is
     * always 0, would become 0 / 0.
     */
    static void eps(double eps) {
        if (!(eps >= LEAST_EPS && eps < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("eps must be finite and at least " + LEAST_EPS + ", got " + eps
                    + ": with 0, a parameter whose gradients have all been 0 becomes NaN. For none, take "
                    + LEAST_EPS + ", which in FLOAT changes no other update");
        }
    }

    /** A rate that stays the same. */
    static ISchedule rate(double rate) {
        atLeast0("rate", rate);
        return new FixedSchedule(rate);
    }

    /**
     * A copy of a schedule of rates, whose first value is one.
     *
     * @throws IllegalArgumentException if there is none, or its value before the first step is no rate
     */
    static ISchedule rates(String name, @Nullable ISchedule schedule) {
        ISchedule present = given(name, schedule);
        double first = present.valueAt(0, 0);
        if (!isRate(first)) {
            throw new IllegalArgumentException("A learning rate must be finite and at least 0, but the schedule "
                    + present + " starts with " + first);
        }
        return present.clone();
    }

    static boolean isRate(double rate) {
        return rate >= 0 && rate < Double.POSITIVE_INFINITY;
    }

    static <T> T given(String name, @Nullable T argument) {
        if (argument == null) {
            throw new IllegalArgumentException(name + " must not be null");
        }
        return argument;
    }

    static void atLeast1(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }
}
