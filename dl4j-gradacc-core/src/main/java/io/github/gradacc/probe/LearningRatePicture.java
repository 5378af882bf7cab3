/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A search for a learning rate as a picture: the score, pale, and the smoothed score over the rate. */
final class LearningRatePicture {

    static final int WIDTH = 1000;
    static final int HEIGHT = 480;
    static final Color SMOOTHED = new Color(0x0072B2);
    static final Color SCORE = new Color(0xBBD9EA);
    static final Color SUGGESTED = new Color(0xD55E00);

    private static final Color GRID = new Color(0xDDDDDD);
    private static final int LEFT = 80;
    private static final int RIGHT = 30;
    private static final int TOP = 40;
    private static final int BOTTOM = 55;
    private static final int LINES = 5;

    private final Graphics2D graphics;
    private final List<LearningRateReport.Point> points;
    private final PowerAxis rates;
    private final double low;
    private final double high;

    private LearningRatePicture(Graphics2D graphics, LearningRateReport report) {
        this.graphics = graphics;
        points = report.points();
        rates = PowerAxis.around(
                points.stream().mapToDouble(LearningRateReport.Point::rate).toArray());
        double least = points.stream()
                .mapToDouble(LearningRateReport.Point::smoothed)
                .filter(Double::isFinite)
                .min()
                .orElse(0);
        // As far above the first score as the least one is below, and some room for a curve that falls nowhere.
        double fall = points.get(0).smoothed() - least;
        double room = fall > 0 ? fall : Math.max(1e-3, Math.abs(least));
        low = least - room / LINES;
        high = least + 2 * room;
    }

    static BufferedImage of(LearningRateReport report) {
        BufferedImage picture = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, WIDTH, HEIGHT);
        LearningRatePicture drawn = new LearningRatePicture(graphics, report);
        drawn.axes(report.conclusion());
        drawn.curve(LearningRateReport.Point::score, SCORE);
        report.suggestedRate().ifPresent(drawn::suggestion);
        drawn.curve(LearningRateReport.Point::smoothed, SMOOTHED);
        graphics.dispose();
        return picture;
    }

    private void axes(String title) {
        graphics.setStroke(new BasicStroke(1));
        for (int power : rates.ticks()) {
            int x = x(Math.pow(10, power));
            graphics.setColor(GRID);
            graphics.drawLine(x, TOP, x, HEIGHT - BOTTOM);
            graphics.setColor(Color.BLACK);
            graphics.drawString("1e" + power, x - 10, HEIGHT - BOTTOM + 25);
        }
        for (int i = 0; i <= LINES; i++) {
            double score = low + (high - low) * i / LINES;
            int y = y(score);
            graphics.setColor(GRID);
            graphics.drawLine(LEFT, y, WIDTH - RIGHT, y);
            graphics.setColor(Color.BLACK);
            graphics.drawString(String.format(Locale.ROOT, "%.3g", score), LEFT - 65, y + 4);
        }
        graphics.drawString(title, LEFT, TOP - 15);
        graphics.drawRect(LEFT, TOP, WIDTH - RIGHT - LEFT, HEIGHT - BOTTOM - TOP);
    }

    /** What is not finite ends a curve at the upper edge. */
    private void curve(ToDoubleFunction<LearningRateReport.Point> value, Color color) {
        graphics.setColor(color);
        graphics.setStroke(new BasicStroke(2));
        Path2D path = new Path2D.Double();
        for (LearningRateReport.Point point : points) {
            double score = value.applyAsDouble(point);
            int y = Double.isFinite(score) ? y(score) : TOP;
            if (path.getCurrentPoint() == null) {
                path.moveTo(x(point.rate()), y);
            } else {
                path.lineTo(x(point.rate()), y);
            }
        }
        graphics.draw(path);
    }

    private void suggestion(double rate) {
        graphics.setColor(SUGGESTED);
        graphics.setStroke(new BasicStroke(2));
        graphics.drawLine(x(rate), TOP, x(rate), HEIGHT - BOTTOM);
    }

    static int x(PowerAxis axis, double rate) {
        return LEFT + (int) Math.round(axis.position(rate) * (WIDTH - LEFT - RIGHT));
    }

    private int x(double rate) {
        return x(rates, rate);
    }

    private int y(double score) {
        double position = Math.min(1, Math.max(0, (score - low) / (high - low)));
        return HEIGHT - BOTTOM - (int) Math.round(position * (HEIGHT - TOP - BOTTOM));
    }
}
