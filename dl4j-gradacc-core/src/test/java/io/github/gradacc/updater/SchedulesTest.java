/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Schedules have torch's values: by hand, and by what torch's schedulers do at each call of {@code step()}. */
class SchedulesTest {

    private static final double ROUNDING = 1e-15;

    private static void assertValues(ISchedule schedule, double... expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(schedule.valueAt(i, 0)).as("%s, step %s", schedule, i).isCloseTo(expected[i], within(ROUNDING));
            assertThat(schedule.valueAt(i, 17)).as("epochs do not count").isEqualTo(schedule.valueAt(i, 0));
        }
    }

    @Test
    void linearWarmUpByHand() {
        assertValues(new LinearWarmUp(0.8, 4, 0), 0, 0.2, 0.4, 0.6, 0.8, 0.8, 0.8);
        assertValues(new LinearWarmUp(0.8, 4, 0.5), 0.4, 0.5, 0.6, 0.7, 0.8, 0.8);
        assertValues(new LinearWarmUp(0.8, 1, 0.25), 0.2, 0.8, 0.8);
        assertValues(new LinearWarmUp(0.8, 3, 1), 0.8, 0.8, 0.8, 0.8);
    }

    /** The schedule below goes on from the first step. */
    @Test
    void warmUpsMultiply() {
        ISchedule halves = new StepSchedule(ScheduleType.ITERATION, 0.8, 0.5, 2);
        assertValues(new LinearWarmUp(halves, 4, 0), 0, 0.2, 0.2, 0.3, 0.2, 0.2, 0.1);
        assertValues(new CosineWarmUp(halves, 4, 0.5), 0.4, 0.8 * (0.5 + 0.5 * 0.1464466094067262), 0.3);
    }

    /** LinearLR multiplies the last rate. */
    @ParameterizedTest
    @CsvSource({"0.1, 5, 0.3333333333333333", "2.0, 7, 0.001"})
    void linearWarmUpIsTorchs(double rate, int steps, double start) {
        LinearWarmUp schedule = new LinearWarmUp(rate, steps, start);
        double lr = rate * start;
        for (int t = 0; t <= 2 * steps; t++) {
            if (t > 0 && t <= steps) {
                lr *= 1 + (1 - start) / (steps * start + (t - 1) * (1 - start));
            }
            assertThat(schedule.valueAt(t, 0)).isCloseTo(lr, within(1e-14 * rate));
        }
    }

    /** sin^2 of 0, 22.5, 45, 67.5 and 90 degrees. */
    @Test
    void cosineWarmUpByHand() {
        assertValues(new CosineWarmUp(1, 4, 0), 0, (2 - Math.sqrt(2)) / 4, 0.5, (2 + Math.sqrt(2)) / 4, 1, 1);
        assertValues(new CosineWarmUp(0.2, 6, 0), 0, 0.2 * (2 - Math.sqrt(3)) / 4, 0.05, 0.1, 0.15);
        assertValues(new CosineWarmUp(0.2, 2, 0.5), 0.1, 0.15, 0.2);
    }

    @Test
    void ratesGrowWithTheBatch() {
        assertThat(BatchScaled.linear(0.1, 256, 8192).valueAt(3, 1)).isCloseTo(3.2, within(ROUNDING));
        assertThat(BatchScaled.squareRoot(0.1, 256, 4096).valueAt(3, 1)).isCloseTo(0.4, within(ROUNDING));
        assertThat(BatchScaled.linear(0.1, 8, 3).valueAt(0, 0)).isCloseTo(0.0375, within(ROUNDING));
        assertThat(BatchScaled.squareRoot(0.1, 64, 64).valueAt(0, 0)).isEqualTo(0.1);
        assertValues(
                BatchScaled.linear(new StepSchedule(ScheduleType.ITERATION, 0.8, 0.5, 2), 4, 8),
                1.6,
                1.6,
                0.8,
                0.8,
                0.4);
    }

    @Test
    void cosineRestartsByHand() {
        double q = Math.sqrt(2) / 2;
        assertValues(new CosineRestarts(2, 4), 2, 1 + q, 1, 1 - q, 2, 1 + q, 1, 1 - q, 2);
        assertValues(new CosineRestarts(2, 2).withGrowth(2), 2, 1, 2, 1 + q, 1, 1 - q, 2);
        assertValues(new CosineRestarts(2, 4).withMin(1), 2, 1.5 + q / 2, 1.5, 1.5 - q / 2, 2);
        assertValues(new CosineRestarts(0.3, 1), 0.3, 0.3, 0.3);
        assertThat(new CosineRestarts(0.3, 7).withGrowth(3).valueAt(Integer.MAX_VALUE, 0))
                .isBetween(0.0, 0.3);
    }

    /** CosineAnnealingWarmRestarts counts on. */
    @ParameterizedTest
    @CsvSource({"5, 1, 0", "5, 2, 0.01", "1, 3, 0", "3, 2, 0.1"})
    void cosineRestartsAreTorchs(int t0, int tMult, double etaMin) {
        CosineRestarts schedule = new CosineRestarts(0.1, t0).withGrowth(tMult).withMin(etaMin);
        int tCur = 0;
        int tI = t0;
        for (int step = 0; step < 200; step++) {
            double expected = etaMin + (0.1 - etaMin) * (1 + Math.cos(Math.PI * tCur / tI)) / 2;
            assertThat(schedule.valueAt(step, 0)).as("step %s", step).isCloseTo(expected, within(ROUNDING));
            tCur++;
            if (tCur >= tI) {
                tCur -= tI;
                tI *= tMult;
            }
        }
    }

    /** Ten steps: up in two, down in seven, whose cosines divide the half circle by seven. */
    @Test
    void oneCycleByHand() {
        assertValues(
                new OneCycle(0.1, 10),
                0.004,
                0.052,
                0.1,
                0.09504846320134738,
                0.0811745653949763,
                0.06112620219362893,
                0.03887419780637107,
                0.0188258346050237,
                0.004951936798652629,
                4e-7,
                4e-7,
                4e-7);
        assertValues(
                new OneCycle(0.1, 20).withPctStart(0.25).withLinear(true),
                0.004,
                0.028,
                0.052,
                0.076,
                0.1,
                0.1 - (0.1 - 4e-7) / 15,
                0.1 - (0.1 - 4e-7) * 2 / 15);
        assertValues(
                new OneCycle(0.8, 10)
                        .withPctStart(0.5)
                        .withDivFactor(4)
                        .withFinalDivFactor(2)
                        .withLinear(true)
                        .withThreePhase(true),
                0.2,
                0.35,
                0.5,
                0.65,
                0.8,
                0.65,
                0.5,
                0.35,
                0.2,
                0.1,
                0.1);
    }

    /** Where the rise has no length torch divides by 0. */
    @Test
    void aRiseWithoutLengthIsAtItsTop() {
        assertValues(
                new OneCycle(0.9, 10)
                        .withPctStart(0.1)
                        .withFinalDivFactor(1)
                        .withDivFactor(9)
                        .withLinear(true),
                0.9,
                0.9 - 0.8 / 9,
                0.9 - 1.6 / 9);
    }

    /** One phase of OneCycleLR. */
    record Phase(double endStep, double start, double end) {}

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 37, 100})
    void oneCycleIsTorchs(int total) {
        for (double pct : new double[] {0, 0.3, 0.4}) {
            for (boolean threePhase : new boolean[] {false, true}) {
                for (boolean linear : new boolean[] {false, true}) {
                    OneCycle schedule = new OneCycle(0.5, total)
                            .withPctStart(pct)
                            .withLinear(linear)
                            .withThreePhase(threePhase);
                    for (int step = 0; step < total; step++) {
                        assertThat(schedule.valueAt(step, 0))
                                .as("%s, step %s", schedule, step)
                                .isCloseTo(oneCycle(step, 0.5, total, pct, linear, threePhase), within(ROUNDING));
                    }
                }
            }
        }
    }

    /** As OneCycleLR.get_lr goes through its list of phases. */
    private static double oneCycle(int step, double max, int total, double pct, boolean linear, boolean threePhase) {
        double initial = max / 25;
        double min = initial / 1e4;
        List<Phase> phases = new ArrayList<>();
        phases.add(new Phase(pct * total - 1, initial, max));
        if (threePhase) {
            phases.add(new Phase(2 * pct * total - 2, max, initial));
            phases.add(new Phase(total - 1, initial, min));
        } else {
            phases.add(new Phase(total - 1, max, min));
        }
        double startStep = 0;
        for (int i = 0; i < phases.size(); i++) {
            Phase phase = phases.get(i);
            if (step <= phase.endStep() || i == phases.size() - 1) {
                double part = (step - startStep) / (phase.endStep() - startStep);
                return linear
                        ? (phase.end() - phase.start()) * part + phase.start()
                        : phase.end() + (phase.start() - phase.end()) / 2.0 * (Math.cos(Math.PI * part) + 1);
            }
            startStep = phase.endStep();
        }
        throw new AssertionError("no phase");
    }

    /** A copy of what it was given, so that nobody changes it behind its back. */
    @Test
    void schedulesBelowAreCopied() {
        FixedSchedule base = new FixedSchedule(0.1);
        assertThat(new LinearWarmUp(base, 3, 0).base()).isEqualTo(base).isNotSameAs(base);
        assertThat(BatchScaled.linear(base, 3, 6).base()).isEqualTo(base).isNotSameAs(base);
        assertThat(new CosineWarmUp(base, 3, 0).clone().base()).isEqualTo(base).isNotSameAs(base);
    }
}
