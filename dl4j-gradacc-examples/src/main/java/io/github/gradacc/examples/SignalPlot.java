/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.probe.Signal;
import io.github.gradacc.probe.SignalLayer;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws standard deviations over depth with a logarithmic axis: activations above, gradients below. */
final class SignalPlot {

    static final int WIDTH = 1100;
    static final int HEIGHT = 560;

    /** The range of FLOAT, and a little more. */
    private static final double LEAST = 1e-40;

    private static final double MOST = 1e40;

    // Told apart with any colour vision (Okabe and Ito's palette); with more curves the dashes change.
    private static final Color[] COLORS = {
        new Color(0x000000),
        new Color(0xE69F00),
        new Color(0x56B4E9),
        new Color(0x009E73),
        new Color(0xD55E00),
        new Color(0x0072B2),
        new Color(0xCC79A7)
    };

    private static final BasicStroke[] LINES = {SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT};

    private SignalPlot() {}

    /** Writes the picture as a PNG; replaces the file if it exists. */
    static void write(SignalComparison comparison, Path file) throws IOException {
        XYChart above = chart(comparison, "activations, forwards", SignalLayer::activations);
        XYChart below = chart(comparison, "gradients of activations, backwards", SignalLayer::gradients);
        BufferedImage picture = new BufferedImage(WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        above.paint(graphics, WIDTH, HEIGHT);
        graphics.translate(0, HEIGHT);
        below.paint(graphics, WIDTH, HEIGHT);
        graphics.dispose();
        try (var out = Files.newOutputStream(file)) {
            ImageIO.write(picture, "png", out);
        }
    }

    private static XYChart chart(
            SignalComparison comparison, String title, Function<SignalLayer, @Nullable Signal> signals) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("layer")
                .yAxisTitle("standard deviation")
                .build();
        chart.getStyler().setPlotGridLinesVisible(false);
        chart.getStyler().setYAxisMin(Math.log10(LEAST)).setYAxisMax(Math.log10(MOST));
        // XChart's own logarithmic axis writes a label at every power of ten, 80 of them here, over each other.
        chart.getStyler().setYAxisTickLabelsFormattingFunction(power -> String.format(Locale.ROOT, "1e%+.0f", power));
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE).setChartBackgroundColor(Color.WHITE);
        List<SignalComparison.Row> rows = comparison.rows();
        for (int i = 0; i < rows.size(); i++) {
            add(chart, rows.get(i), i, signals);
        }
        return chart;
    }

    /** Values that are zero, not finite or beyond the axis are left out: the curve ends there. */
    private static void add(
            XYChart chart, SignalComparison.Row row, int number, Function<SignalLayer, @Nullable Signal> signals) {
        List<Integer> depths = new ArrayList<>();
        List<Double> powers = new ArrayList<>();
        List<SignalLayer> layers = row.report().layers();
        for (int depth = 0; depth < layers.size(); depth++) {
            Signal signal = signals.apply(layers.get(depth));
            if (signal != null && !layers.get(depth).output() && isDrawable(signal)) {
                depths.add(depth);
                powers.add(Math.log10(signal.std()));
            }
        }
        if (!depths.isEmpty()) {
            chart.addSeries(row.name(), depths, powers)
                    .setMarker(SeriesMarkers.NONE)
                    .setLineColor(COLORS[number % COLORS.length])
                    .setLineStyle(LINES[number / COLORS.length % LINES.length]);
        }
    }

    private static boolean isDrawable(Signal signal) {
        return signal.nonFinite() == 0 && signal.std() >= LEAST && signal.std() <= MOST;
    }
}
