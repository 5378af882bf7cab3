/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Pictures of the digits 0 to 9, drawn on the spot: lines of random thickness, turned, slanted, scaled and moved at
 * random, with noise on top. A stand-in for scanned digits where nothing can be downloaded.
 */
public final class Digits {

    /** Side of a picture, in pixels. */
    public static final int SIZE = 16;

    /** Pixels of a picture. */
    public static final int PIXELS = SIZE * SIZE;

    /** Number of different digits. */
    public static final int CLASSES = 10;

    private static final double NOISE = 0.25;
    private static final int WHITE = 255;

    /** Corners x, y of the lines of each digit, in a square of side 1; a digit may need two lines. */
    private static final List<double[][]> LINES = List.of(
            new double[][] {
                {0.5, 0.1, 0.25, 0.25, 0.2, 0.5, 0.25, 0.75, 0.5, 0.9, 0.75, 0.75, 0.8, 0.5, 0.75, 0.25, 0.5, 0.1}
            },
            new double[][] {{0.35, 0.3, 0.55, 0.1, 0.55, 0.9}},
            new double[][] {{0.25, 0.3, 0.4, 0.1, 0.65, 0.1, 0.75, 0.3, 0.65, 0.5, 0.25, 0.9, 0.75, 0.9}},
            new double[][] {{0.25, 0.15, 0.6, 0.1, 0.75, 0.28, 0.45, 0.48, 0.75, 0.68, 0.6, 0.9, 0.25, 0.85}},
            new double[][] {{0.65, 0.9, 0.65, 0.1, 0.2, 0.65, 0.85, 0.65}},
            new double[][] {{0.75, 0.1, 0.3, 0.1, 0.27, 0.45, 0.6, 0.43, 0.77, 0.65, 0.6, 0.9, 0.25, 0.85}},
            new double[][] {{0.65, 0.1, 0.35, 0.35, 0.25, 0.65, 0.4, 0.9, 0.65, 0.88, 0.75, 0.68, 0.6, 0.52, 0.3, 0.6}},
            new double[][] {{0.22, 0.1, 0.78, 0.1, 0.4, 0.9}},
            new double[][] {
                {0.5, 0.48, 0.28, 0.3, 0.5, 0.1, 0.72, 0.3, 0.5, 0.48},
                {0.5, 0.48, 0.25, 0.7, 0.5, 0.9, 0.75, 0.7, 0.5, 0.48}
            },
            new double[][] {{0.7, 0.4, 0.4, 0.48, 0.25, 0.3, 0.4, 0.1, 0.65, 0.12, 0.72, 0.4, 0.6, 0.9}});

    private final int size;
    private final Random random;

    private Digits(int size, long seed) {
        this.size = size;
        random = new Random(seed);
    }

    /**
     * Draws digits, of all classes in turn.
     *
     * @param examples how many
     * @param seed of everything random
     * @return features [examples, 256] from 0 to about 1, and one-hot labels [examples, 10], FLOAT
     */
    public static DataSet draw(int examples, long seed) {
        return draw(examples, SIZE, seed);
    }

    /**
     * Draws digits of any size.
     *
     * @param size of the square that holds a digit, in pixels; lines are as thick as they are for 16, in proportion
     * @return features [examples, size * size] from 0 to about 1, and one-hot labels [examples, 10], FLOAT
     */
    public static DataSet draw(int examples, int size, long seed) {
        Digits digits = new Digits(size, seed);
        float[][] features = new float[examples][];
        float[][] labels = new float[examples][CLASSES];
        for (int i = 0; i < examples; i++) {
            int digit = i % CLASSES;
            features[i] = digits.picture(digit);
            labels[i][digit] = 1;
        }
        return new DataSet(Nd4j.createFromArray(features), Nd4j.createFromArray(labels));
    }

    private float[] picture(int digit) {
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.setColor(Color.WHITE);
        graphics.setStroke(new BasicStroke(thickness(), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        AffineTransform place = placement();
        for (double[] corners : LINES.get(digit)) {
            graphics.draw(place.createTransformedShape(line(corners)));
        }
        graphics.dispose();
        float[] pixels = new float[size * size];
        for (int i = 0; i < pixels.length; i++) {
            int gray = image.getRaster().getSample(i % size, i / size, 0);
            pixels[i] = (float) ((double) gray / WHITE + NOISE * random.nextGaussian());
        }
        return pixels;
    }

    private AffineTransform placement() {
        AffineTransform place = new AffineTransform();
        double unit = (double) size / SIZE;
        place.translate(size / 2.0 + unit * between(-1.5, 1.5), size / 2.0 + unit * between(-1.5, 1.5));
        place.rotate(between(-0.3, 0.3));
        place.shear(between(-0.3, 0.3), 0);
        place.scale(size * between(0.6, 0.95), size * between(0.7, 0.95));
        place.translate(-0.5, -0.5);
        return place;
    }

    private float thickness() {
        return (float) (between(1, 2.2) * size / SIZE);
    }

    private double between(double lowest, double highest) {
        return lowest + (highest - lowest) * random.nextDouble();
    }

    private static Shape line(double... corners) {
        Path2D path = new Path2D.Double();
        path.moveTo(corners[0], corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            path.lineTo(corners[i], corners[i + 1]);
        }
        return path;
    }
}
