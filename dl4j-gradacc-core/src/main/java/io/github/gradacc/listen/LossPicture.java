/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws runs, with XChart: a curve for each. */
final class LossPicture {

    static final int WIDTH = 900;
    static final int HEIGHT = 560;

    /** More points than this do not show in a picture of that width. */
    private static final int MOST_POINTS = 2 * WIDTH;

    private static final float LINE = 1.5f;

    // Distinguishable with any color vision (Okabe and Ito's palette, without yellow and black).
    private static final List<Color> COLORS = List.of(
            new Color(0x0072B2),
            new Color(0xE69F00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xD55E00),
            new Color(0x56B4E9));

    private LossPicture() {}

    /** Writes a PNG; the stream is not closed. */
    static void write(String title, boolean overExamples, List<LossRun> runs, OutputStream out) throws IOException {
        ChartEncoder.saveChart(chart(title, overExamples, runs), out, "png");
    }

    /** Runs without a point to draw have no curve. */
    static XYChart chart(String title, boolean overExamples, List<LossRun> runs) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(overExamples ? "examples seen" : "optimizer steps")
                .yAxisTitle("score")
                .build();
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE);
        for (int i = 0; i < runs.size(); i++) {
            List<LossRun.Point> points = runs.get(i).drawn(MOST_POINTS);
            if (!points.isEmpty()) {
                chart.addSeries(
                                runs.get(i).name(),
                                points.stream()
                                        .mapToDouble(point -> overExamples ? point.examples() : point.step())
                                        .toArray(),
                                points.stream()
                                        .mapToDouble(LossRun.Point::score)
                                        .toArray())
                        .setMarker(SeriesMarkers.NONE)
                        .setLineColor(COLORS.get(i % COLORS.size()))
                        .setLineStyle(new BasicStroke(LINE));
            }
        }
        return chart;
    }
}
