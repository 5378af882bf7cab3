/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How the programs draw: curves in colors that everybody can tell apart, several charts side by side. */
final class Charts {

    static final int WIDTH = 520;
    static final int HEIGHT = 380;

    /** Okabe and Ito's palette, without yellow. */
    private static final List<Color> COLORS = List.of(
            new Color(0x0072B2),
            new Color(0xE69F00),
            new Color(0x009E73),
            new Color(0xCC79A7),
            new Color(0xD55E00),
            new Color(0x56B4E9),
            Color.BLACK);

    private static final Color GRID = new Color(0xEEEEEE);
    private static final float THIN = 1.6f;
    private static final float WIDE = 7;
    private static final float[] DASHES = {8, 6};
    private static final int PALE = 90;
    private static final int HIGH_BITS = 0xF0F0F0;

    private Charts() {}

    /** An empty chart for curves. */
    static XYChart curves(String title, String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        plain(chart.getStyler());
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
        chart.getStyler()
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotGridLinesColor(GRID);
        return chart;
    }

    /** White, without frames, small letters. */
    static void plain(Styler styler) {
        styler.setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13))
                .setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    }

    /**
     * Adds a curve in the next color.
     *
     * @param step from one value to the next on the horizontal axis; the first is at 0
     */
    static void add(XYChart chart, String name, int step, List<Double> values) {
        add(chart, name, step, values, color(chart), new BasicStroke(THIN));
    }

    /** Adds a wide, pale curve, to be seen behind one that coincides with it. */
    static void addWide(XYChart chart, String name, int step, List<Double> values) {
        Color color = color(chart);
        Color pale = new Color(color.getRed(), color.getGreen(), color.getBlue(), PALE);
        BasicStroke wide = new BasicStroke(WIDE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
        add(chart, name, step, values, pale, wide);
    }

    /** Adds a dashed curve, through which one that coincides with it can be seen. */
    static void addDashed(XYChart chart, String name, int step, List<Double> values) {
        BasicStroke dashed = new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, DASHES, 0);
        add(chart, name, step, values, color(chart), dashed);
    }

    private static void add(XYChart chart, String name, int step, List<Double> values, Color color, BasicStroke line) {
        List<Integer> positions =
                IntStream.range(0, values.size()).mapToObj(i -> i * step).toList();
        chart.addSeries(name, positions, values)
                .setMarker(SeriesMarkers.NONE)
                .setLineColor(color)
                .setLineStyle(line);
    }

    private static Color color(XYChart chart) {
        return COLORS.get(chart.getSeriesCollection().size() % COLORS.size());
    }

    /**
     * Writes charts side by side as a PNG. The file is there as a whole or as it was before, never in part, so that a
     * viewer may watch it.
     */
    static void write(Path file, Chart<?, ?>... charts) throws IOException {
        int width = Arrays.stream(charts).mapToInt(Chart::getWidth).sum();
        int height = Arrays.stream(charts).mapToInt(Chart::getHeight).max().orElseThrow();
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        for (Chart<?, ?> chart : charts) {
            chart.paint(graphics, chart.getWidth(), chart.getHeight());
            graphics.translate(chart.getWidth(), 0);
        }
        graphics.dispose();
        compact(picture);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (OutputStream out = Files.newOutputStream(part)) {
            ImageIO.write(picture, "png", out);
        }
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Leaves 16 levels of each color, which nobody misses in a chart: the file is half as large. */
    private static void compact(BufferedImage picture) {
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                int high = picture.getRGB(x, y) & HIGH_BITS;
                picture.setRGB(x, y, high | high >>> 4);
            }
        }
    }
}
