/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * Every updater goes down at least 99.5 percent of the way to the minimum of a quadratic and of Rosenbrock's function.
 */
class DescentTest {

    private static final int STEPS = 3000;

    static Stream<Arguments> cases() {
        return Stream.<IUpdater>of(
                        new SgdMomentum(0.01).withMomentum(0.9),
                        new SgdMomentum(0.01).withMomentum(0.9).withNesterov(true),
                        new SgdMomentum(0.02).withMomentum(0.9).withDampening(0.5),
                        new RmsPropTorch(falling(0.01)),
                        new RmsPropTorch(falling(0.002)).withMomentum(0.9).withCentered(true),
                        new AdagradTorch(0.5),
                        new AdamTorch(0.02),
                        new AdamTorch(0.02).withAmsgrad(true),
                        new Rprop(),
                        new AveragedSgd(0.02).withT0(2000),
                        new RAdam(0.02),
                        new Lion(falling(0.01)),
                        new AdaBelief(0.02))
                .flatMap(updater -> Stream.of(TestFunction.values()).map(function -> Arguments.of(updater, function)));
    }

    /** Steps of about one size come to rest only if the rate falls. */
    private static PolySchedule falling(double rate) {
        return new PolySchedule(ScheduleType.ITERATION, rate, 1, STEPS);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void findsTheMinimum(IUpdater updater, TestFunction function) {
        double least = function.value(minimum(function));
        double start = function.value(TestFunction.START) - least;
        assertThat(function.value(minimized(updater, function, 1)) - least).isBetween(0.0, 5e-3 * start);
    }

    /** Maximizing the negative is minimizing. */
    @ParameterizedTest
    @MethodSource("functions")
    void maximizesTheNegative(TestFunction function) {
        SgdMomentum minimize = new SgdMomentum(0.01).withMomentum(0.9);
        for (SgdMomentum updater :
                new SgdMomentum[] {minimize, minimize.withNesterov(true), minimize.withMomentum(0)}) {
            assertThat(minimized(updater.withMaximize(true), function, -1))
                    .containsExactly(minimized(updater, function, 1));
        }
    }

    static Stream<TestFunction> functions() {
        return Stream.of(TestFunction.values());
    }

    private static double[] minimized(IUpdater updater, TestFunction function, double sign) {
        long size = updater.stateSize(3);
        GradientUpdater<?> instance = updater.instantiate(size == 0 ? null : Nd4j.create(DataType.DOUBLE, size), true);
        double[] p = TestFunction.START.clone();
        INDArray update = Nd4j.create(DataType.DOUBLE, 3);
        for (int step = 0; step < STEPS; step++) {
            double[] g = function.gradient(p);
            for (int i = 0; i < 3; i++) {
                update.putScalar(i, sign * g[i]);
            }
            instance.applyUpdater(update, step, 0);
            for (int i = 0; i < 3; i++) {
                p[i] -= update.getDouble(i);
            }
        }
        return p;
    }

    /** Where the gradient is 0: by hand for the quadratic, known for Rosenbrock's function. */
    private static double[] minimum(TestFunction function) {
        double y = -2.3 / 3.91;
        double[] minimum =
                function == TestFunction.QUADRATIC ? new double[] {1 - 0.3 * y, y, 2} : new double[] {1, 1, 1};
        for (double g : function.gradient(minimum)) {
            assertThat(g).isCloseTo(0, within(1e-15));
        }
        return minimum;
    }
}
