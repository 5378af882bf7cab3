/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** The smallest eps that is taken: parameters without a gradient stay, and in FLOAT all others move as without eps. */
class DeadParameterTest {

    private static final double LEAST = 1e-30;

    static Stream<IUpdater> updaters() {
        return Stream.of(
                new AdamTorch().withEps(LEAST),
                new AdamTorch().withEps(LEAST).withAmsgrad(true),
                new RmsPropTorch().withEps(LEAST),
                new RmsPropTorch().withEps(LEAST).withCentered(true),
                new RmsPropTorch().withEps(LEAST).withCentered(true).withMomentum(0.9),
                new AdagradTorch().withEps(LEAST),
                new RAdam().withEps(LEAST),
                new AdaBelief().withEps(LEAST));
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void staysWhereItIs(IUpdater updater) {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16}) {
            GradientUpdater<?> instance = updater.instantiate(Nd4j.create(type, updater.stateSize(3)), true);
            for (int step = 0; step < 20; step++) {
                INDArray update = Nd4j.createFromArray(0.0, 1.0, -1.0).castTo(type);
                instance.applyUpdater(update, step, 0);
                assertThat(update.getDouble(0)).as("%s in step %s", type, step).isZero();
                assertThat(update.getDouble(1)).as("%s in step %s", type, step).isGreaterThan(0);
            }
        }
    }

    /** Adam's first step without eps is the rate, however small the gradient: down to squares near the least FLOAT. */
    @Test
    void changesNoOtherUpdateInFloat() {
        for (float g : new float[] {1e-18f, 3e-12f, 0.7f, 2e10f}) {
            AdamTorch updater = new AdamTorch(0.5).withBetas(0, 0).withEps(LEAST);
            INDArray update = Nd4j.createFromArray(g);
            updater.instantiate(Nd4j.create(DataType.FLOAT, 2), true).applyUpdater(update, 0, 0);
            assertThat(update.getFloat(0)).isEqualTo((float) (0.5f * g / Math.sqrt(g * g)), within(1e-7f));
        }
    }
}
