/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws the training loss of a comparison, epoch by epoch. */
final class LossCurves {

    static final int WIDTH = 900;
    static final int HEIGHT = 560;

    // Distinguishable with any color vision (Okabe and Ito's palette).
    private static final Color ORANGE = new Color(0xE69F00);
    private static final Color BLUE = new Color(0x0072B2);
    private static final Color SKY = new Color(0x9AD1F2);

    private LossCurves() {}

    /** Writes the picture as a PNG; replaces the file if it exists. */
    static void write(Comparison comparison, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ChartEncoder.saveChart(chart(comparison), out, "png");
        }
    }

    static XYChart chart(Comparison comparison) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Iris: the same examples, three ways to take steps")
                .xAxisTitle("examples seen (an epoch has " + Iris.TRAINING_ROWS + ")")
                .yAxisTitle("training loss")
                .build();
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE).setChartBackgroundColor(Color.WHITE);
        add(chart, comparison.small(), ORANGE, SeriesLines.SOLID);
        // The last two curves coincide: with a thin dashed one above a wide pale one, both can be seen.
        add(chart, comparison.large(), SKY, new BasicStroke(8, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        add(chart, comparison.accumulated(), BLUE, SeriesLines.DASH_DASH);
        return chart;
    }

    private static void add(XYChart chart, TrainingRun run, Color color, BasicStroke line) {
        double[] examplesSeen = IntStream.range(0, run.losses().size())
                .mapToDouble(epoch -> epoch * Iris.TRAINING_ROWS)
                .toArray();
        double[] losses = run.losses().stream().mapToDouble(Double::doubleValue).toArray();
        chart.addSeries(run.name(), examplesSeen, losses)
                .setMarker(SeriesMarkers.NONE)
                .setLineColor(color)
                .setLineStyle(line);
    }
}
