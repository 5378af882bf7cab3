/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A report as a picture: a panel for activations and, if there are any, one for gradients. */
final class SignalPicture {

    static final int WIDTH = 1000;
    static final int PANEL = 380;
    static final Color CURVE = new Color(0x0072B2);
    static final Color BROKEN = new Color(0xD55E00);

    private static final Color GRID = new Color(0xDDDDDD);
    private static final int LEFT = 80;
    private static final int RIGHT = 30;
    private static final int TOP = 40;
    private static final int BOTTOM = 55;
    private static final int LABELS = 10;
    private static final int MARK = 5;

    private final Graphics2D graphics;
    private final int top;
    private final int layers;

    private SignalPicture(Graphics2D graphics, int top, int layers) {
        this.graphics = graphics;
        this.top = top;
        this.layers = layers;
    }

    static BufferedImage of(List<SignalLayer> layers) {
        boolean backward = layers.stream().anyMatch(layer -> layer.gradients() != null);
        BufferedImage picture = new BufferedImage(WIDTH, backward ? 2 * PANEL : PANEL, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
        new SignalPicture(graphics, 0, layers.size()).panel("activations", layers, SignalLayer::activations);
        if (backward) {
            new SignalPicture(graphics, PANEL, layers.size())
                    .panel("gradients of activations", layers, SignalLayer::gradients);
        }
        graphics.dispose();
        return picture;
    }

    private void panel(String what, List<SignalLayer> layers, Function<SignalLayer, @Nullable Signal> signals) {
        double[] deviations = layers.stream()
                .map(signals)
                .mapToDouble(signal -> signal == null || signal.nonFinite() > 0 ? Double.NaN : signal.std())
                .toArray();
        PowerAxis axis = PowerAxis.around(deviations);
        axes("standard deviation of " + what + ", by layer (marks: not finite above, all equal below)", axis);
        curve(deviations, axis);
        for (int i = 0; i < layers.size(); i++) {
            Signal signal = signals.apply(layers.get(i));
            if (signal != null && (signal.nonFinite() > 0 || signal.std() == 0)) {
                mark(x(i), signal.nonFinite() > 0 ? y(1) : y(0));
            }
        }
    }

    private void axes(String title, PowerAxis axis) {
        graphics.setStroke(new BasicStroke(1));
        for (int power : axis.ticks()) {
            int y = y((double) (power - axis.least()) / (axis.most() - axis.least()));
            graphics.setColor(GRID);
            graphics.drawLine(LEFT, y, WIDTH - RIGHT, y);
            graphics.setColor(Color.BLACK);
            graphics.drawString("1e" + power, LEFT - 45, y + 4);
        }
        int step = Math.max(1, (layers + LABELS - 1) / LABELS);
        for (int i = 0; i < layers; i += step) {
            graphics.drawString(String.valueOf(i), x(i) - 4, y(0) + 25);
        }
        graphics.drawString(title, LEFT, top + TOP - 15);
        graphics.drawRect(LEFT, y(1), WIDTH - RIGHT - LEFT, y(0) - y(1));
    }

    /** Lines between neighbors; the curve is broken where there is no value. */
    private void curve(double[] deviations, PowerAxis axis) {
        graphics.setColor(CURVE);
        graphics.setStroke(new BasicStroke(2));
        Path2D path = new Path2D.Double();
        boolean connected = false;
        for (int i = 0; i < deviations.length; i++) {
            boolean drawn = deviations[i] > 0;
            if (drawn) {
                int y = y(axis.position(deviations[i]));
                if (connected) {
                    path.lineTo(x(i), y);
                } else {
                    path.moveTo(x(i), y);
                }
                graphics.fillOval(x(i) - 2, y - 2, MARK, MARK);
            }
            connected = drawn;
        }
        graphics.draw(path);
    }

    private void mark(int x, int y) {
        graphics.setColor(BROKEN);
        graphics.setStroke(new BasicStroke(2));
        graphics.drawLine(x - MARK, y - MARK, x + MARK, y + MARK);
        graphics.drawLine(x - MARK, y + MARK, x + MARK, y - MARK);
    }

    private int x(int layer) {
        int width = WIDTH - LEFT - RIGHT;
        return LEFT + (layers == 1 ? width / 2 : (int) Math.round((double) layer / (layers - 1) * width));
    }

    private int y(double position) {
        return top + PANEL - BOTTOM - (int) Math.round(position * (PANEL - TOP - BOTTOM));
    }
}
