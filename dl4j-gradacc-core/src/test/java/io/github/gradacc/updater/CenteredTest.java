/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;

/** Centered RMSprop where its variance is small beside its squares: a gradient that stays the same. */
class CenteredTest {

    private static final double ALPHA = 0.99;

    private static GradientUpdater<?> updater(DataType type) {
        RmsPropTorch updater = new RmsPropTorch(0.01).withCentered(true);
        return updater.instantiate(Nd4j.create(type, updater.stateSize(1)), true);
    }

    private static double update(GradientUpdater<?> updater, DataType type, int step) {
        INDArray update = Nd4j.createFromArray(1.1).castTo(type);
        updater.applyUpdater(update, step, 0);
        return update.getDouble(0);
    }

    /**
     * From 0, the averages after t steps are (1 - alpha^t) g^2 and (1 - alpha^t) g. After 1200 steps g - a is 6e-6 of
     * g: the roundings of a, up to 100 of 1e-16 in a row, are 2e-9 of it.
     */
    @Test
    void theVarianceOfTheSameGradientIsExact() {
        GradientUpdater<?> updater = updater(DataType.DOUBLE);
        for (int step = 0; step < 1200; step++) {
            double rest = Math.pow(ALPHA, step + 1);
            double expected = 0.01 * 1.1 / (1.1 * Math.sqrt(rest * (1 - rest)) + 1e-8);
            double update = update(updater, DataType.DOUBLE, step);
            assertThat(update).as("step %s", step).isCloseTo(expected, within(1e-8 * expected));
        }
    }

    /** In FLOAT, v - a^2 is 0 from step 1159 on: updates jump from 3 to a million. A sum of squares shrinks. */
    @Test
    void updatesNeverJump() {
        GradientUpdater<?> updater = updater(DataType.FLOAT);
        double last = update(updater, DataType.FLOAT, 0);
        for (int step = 1; step < 3000; step++) {
            double update = update(updater, DataType.FLOAT, step);
            // By 1 / sqrt(alpha) at most, and rounding in FLOAT.
            assertThat(update).as("step %s", step).isBetween(last * 0.7, last * (1 / Math.sqrt(ALPHA) + 1e-5));
            last = update;
        }
        assertThat(last).isGreaterThan(3);
    }

    /** Its square is not a FLOAT: the parameter stays, as with the plain form. */
    @Test
    void gradientsBeyondSquaresMoveNothing() {
        for (boolean centered : new boolean[] {false, true}) {
            RmsPropTorch updater = new RmsPropTorch(0.01).withCentered(centered);
            INDArray update = Nd4j.createFromArray(3e19f);
            updater.instantiate(Nd4j.create(DataType.FLOAT, updater.stateSize(1)), true)
                    .applyUpdater(update, 0, 0);
            assertThat(update.getFloat(0)).as("centered %s", centered).isZero();
        }
    }
}
