/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.stream.Stream;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Every updater and schedule of the package with its defaults, and with other values of all its arguments. */
final class Cases {

    private Cases() {}

    /** Each updater with each set of arrays that it may have as its state. */
    static Stream<IUpdater> updaters() {
        return Stream.of(
                new SgdMomentum(),
                new SgdMomentum(0.05).withMomentum(0.9).withDampening(0.5),
                new SgdMomentum(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 2))
                        .withMomentum(0.8)
                        .withNesterov(true),
                new SgdMomentum(0.02).withMaximize(true),
                new RmsPropTorch(),
                new RmsPropTorch(0.005).withAlpha(0.9).withEps(1e-3).withMomentum(0.5),
                new RmsPropTorch(0.005).withAlpha(0.9).withEps(1e-3).withCentered(true),
                new RmsPropTorch(0.005).withMomentum(0.5).withCentered(true),
                new AdagradTorch(),
                new AdagradTorch(0.05)
                        .withLrDecay(0.1)
                        .withInitialAccumulator(0.2)
                        .withEps(1e-3),
                new AdamTorch(),
                new AdamTorch(0.02).withBetas(0.8, 0.95).withEps(1e-6).withAmsgrad(true),
                new Rprop(),
                new Rprop(0.02).withEtas(0.4, 1.5).withStepSizes(1e-4, 0.5),
                new AveragedSgd(),
                new AveragedSgd(0.05).withLambd(0.1).withAlpha(0.5).withT0(2),
                new RAdam(),
                new RAdam(0.02).withBetas(0.8, 0.95).withEps(1e-3),
                new Lion(),
                new Lion(0.005).withBetas(0.8, 0.95),
                new AdaBelief(),
                new AdaBelief(0.02).withBetas(0.8, 0.95).withEps(1e-3));
    }

    static Stream<ISchedule> schedules() {
        return Stream.of(
                new LinearWarmUp(0.1, 5, 0),
                new LinearWarmUp(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 2), 3, 0.25),
                new CosineWarmUp(0.1, 5, 0),
                new CosineWarmUp(new CosineRestarts(0.1, 4), 6, 0.5),
                BatchScaled.linear(0.1, 256, 8192),
                BatchScaled.squareRoot(new FixedSchedule(0.1), 256, 8192),
                new CosineRestarts(0.1, 5),
                new CosineRestarts(0.1, 5).withGrowth(2).withMin(0.01),
                new OneCycle(0.1, 10),
                new OneCycle(0.1, 20)
                        .withPctStart(0.4)
                        .withDivFactor(10)
                        .withFinalDivFactor(100)
                        .withLinear(true)
                        .withThreePhase(true));
    }
}
