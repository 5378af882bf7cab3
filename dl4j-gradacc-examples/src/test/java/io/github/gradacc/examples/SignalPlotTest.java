/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class SignalPlotTest {

    // Of a logarithm.
    private static final Offset<Double> ROUNDING = within(1e-12);

    /** Activations that grow tenfold with each layer, gradients that shrink a thousandfold; the output is left out. */
    private static final SignalComparison.Row GROWS = new SignalComparison.Row(
            "grows", "", SignalReports.of(4, depth -> Math.pow(10, depth), depth -> Math.pow(1000, -depth)));

    private static final SignalComparison.Row SHRINKS = new SignalComparison.Row(
            "shrinks", "", SignalReports.of(4, depth -> Math.pow(10, -depth), depth -> Math.pow(100, depth)));

    private final List<XYChart> charts = SignalPlot.charts("linear", List.of(GROWS, SHRINKS));

    @Test
    void hasThreeColumnsAsWideAsThePicture() {
        assertThat(charts)
                .extracting(XYChart::getTitle)
                .satisfiesExactly(
                        title -> assertThat(title).contains("linear", "activations"),
                        title -> assertThat(title).contains("linear", "activations near 1"),
                        title -> assertThat(title).contains("linear", "gradients"));
        assertThat(charts.stream().mapToInt(XYChart::getWidth).sum()).isEqualTo(SignalPlot.WIDTH);
    }

    @Test
    void theFirstColumnShowsActivations() {
        assertCurve(charts.get(0), "grows", new double[] {0, 1, 2, 3}, 0, 1, 2, 3);
        assertCurve(charts.get(0), "shrinks", new double[] {0, 1, 2, 3}, 0, -1, -2, -3);
    }

    /** From a hundredth to ten. */
    @Test
    void theSecondColumnShowsActivationsNearOne() {
        assertCurve(charts.get(1), "grows", new double[] {0, 1}, 0, 1);
        assertCurve(charts.get(1), "shrinks", new double[] {0, 1, 2}, 0, -1, -2);
    }

    @Test
    void theThirdColumnShowsGradients() {
        assertCurve(charts.get(2), "grows", new double[] {0, 1, 2, 3}, 0, -3, -6, -9);
        assertCurve(charts.get(2), "shrinks", new double[] {0, 1, 2, 3}, 0, 2, 4, 6);
    }

    private static void assertCurve(XYChart chart, String name, double[] depths, double... powers) {
        XYSeries curve = chart.getSeries(name);
        assertThat(curve.getXData()).containsExactly(depths);
        assertThat(curve.getYData()).containsExactly(powers, ROUNDING);
    }
}
