/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import org.nd4j.linalg.factory.Nd4j;

class LossCurvesTest {

    /** Losses that rise and fall again: they belong to their epochs, whatever their size. */
    @Test
    void drawsTheLossOfEachWayOverTheExamplesSeen() {
        Comparison comparison = new Comparison(
                run("small", 1.0, 0.2, 0.9, 0.4),
                run("accumulated", 0.8, 0.1, 0.7, 0.3),
                run("large", 0.5, 0.6, 0.4, 0.6));

        XYChart curves = LossCurves.chart(comparison);

        assertThat(curves.getSeriesCollection())
                .hasSize(3)
                .allSatisfy(curve -> assertThat(curve.getXData()).containsExactly(0, 120, 240, 360));
        assertThat(curves.getSeries("small").getYData()).containsExactly(1.0, 0.2, 0.9, 0.4);
        assertThat(curves.getSeries("accumulated").getYData()).containsExactly(0.8, 0.1, 0.7, 0.3);
        assertThat(curves.getSeries("large").getYData()).containsExactly(0.5, 0.6, 0.4, 0.6);
    }

    private static TrainingRun run(String name, Double... losses) {
        return new TrainingRun(name, 1, List.of(losses), 1, Nd4j.createFromArray(new double[][] {{0.0}}));
    }
}
