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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws standard deviations over depth with logarithmic axes, in a row for each group of networks. From left to
 * right: the activations, the activations near 1, where good initializers keep them, and the gradients.
 */
final class SignalPlot {

    static final int HEIGHT = 380;
    static final int WIDTH = 2 * 460 + 680;

    /**
     * A column: what it shows, between which powers of ten, in how many pixels. The first column shows every curve
     * and has the legend.
     */
    private record Column(
            String title, Function<SignalLayer, @Nullable Signal> signals, double least, double most, int width) {}

    private static final List<Column> COLUMNS = List.of(
            // The range of FLOAT, and a little more.
            new Column("activations", SignalLayer::activations, -40, 40, 680),
            new Column("activations near 1", SignalLayer::activations, -2, 1, 460),
            new Column("gradients of activations", SignalLayer::gradients, -40, 40, 460));

    // Distinguishable with any color vision (Okabe and Ito's palette).
    private static final Color[] COLORS = {
        new Color(0x000000),
        new Color(0xE69F00),
        new Color(0x56B4E9),
        new Color(0x009E73),
        new Color(0xD55E00),
        new Color(0x0072B2),
        new Color(0xCC79A7)
    };

    // Curves that coincide stay visible: the later ones are thinner and dashed.
    private static final BasicStroke[] LINES = {SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT};
    private static final float THICKEST = 5;

    private SignalPlot() {}

    /** Writes the picture as a PNG; replaces the file if it exists. */
    static void write(SignalComparison comparison, Path file) throws IOException {
        Map<String, List<SignalComparison.Row>> groups = groups(comparison);
        BufferedImage picture = new BufferedImage(WIDTH, height(comparison), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        for (Map.Entry<String, List<SignalComparison.Row>> group : groups.entrySet()) {
            Graphics2D row = (Graphics2D) graphics.create();
            for (XYChart chart : charts(group.getKey(), group.getValue())) {
                chart.paint(row, chart.getWidth(), HEIGHT);
                row.translate(chart.getWidth(), 0);
            }
            row.dispose();
            graphics.translate(0, HEIGHT);
        }
        graphics.dispose();
        try (var out = Files.newOutputStream(file)) {
            ImageIO.write(picture, "png", out);
        }
    }

    static int height(SignalComparison comparison) {
        return HEIGHT * groups(comparison).size();
    }

    private static Map<String, List<SignalComparison.Row>> groups(SignalComparison comparison) {
        return comparison.rows().stream()
                .collect(Collectors.groupingBy(SignalComparison.Row::group, LinkedHashMap::new, Collectors.toList()));
    }

    /** One row of the picture, from left to right. */
    static List<XYChart> charts(String group, List<SignalComparison.Row> rows) {
        return COLUMNS.stream().map(column -> chart(group, rows, column)).toList();
    }

    private static XYChart chart(String group, List<SignalComparison.Row> rows, Column column) {
        XYChart chart = new XYChartBuilder()
                .width(column.width())
                .height(HEIGHT)
                .title(group + ": " + column.title())
                .xAxisTitle("layer")
                .yAxisTitle("standard deviation")
                .build();
        boolean first = column.equals(COLUMNS.get(0));
        chart.getStyler().setPlotGridLinesVisible(false);
        chart.getStyler().setYAxisMin(column.least()).setYAxisMax(column.most());
        chart.getStyler().setXAxisMin(0.0).setXAxisMax((double) DeepSignal.LAYERS);
        // XChart's own logarithmic axis labels every power of ten; the 80 labels here would overlap.
        chart.getStyler()
                .setYAxisTickLabelsFormattingFunction(
                        power -> String.format(Locale.ROOT, power == Math.rint(power) ? "1e%+.0f" : "1e%+.1f", power));
        chart.getStyler().setLegendVisible(first);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE).setChartBackgroundColor(Color.WHITE);
        for (int i = 0; i < rows.size(); i++) {
            add(chart, rows.get(i), i, column);
        }
        return chart;
    }

    /** Leaves out values that are zero, not finite or beyond the axis: the curve ends there. */
    private static void add(XYChart chart, SignalComparison.Row row, int number, Column column) {
        List<Integer> depths = new ArrayList<>();
        List<Double> powers = new ArrayList<>();
        List<SignalLayer> layers = row.report().layers();
        for (int depth = 0; depth < layers.size(); depth++) {
            Signal signal = column.signals().apply(layers.get(depth));
            double power = signal == null || signal.nonFinite() > 0 ? Double.NaN : Math.log10(signal.std());
            if (!layers.get(depth).output() && power >= column.least() && power <= column.most()) {
                depths.add(depth);
                powers.add(power);
            }
        }
        if (!depths.isEmpty()) {
            chart.addSeries(row.name(), depths, powers)
                    .setMarker(SeriesMarkers.NONE)
                    .setLineColor(COLORS[number % COLORS.length])
                    .setLineWidth(Math.max(1, THICKEST - number))
                    .setLineStyle(LINES[number % LINES.length]);
        }
    }
}
