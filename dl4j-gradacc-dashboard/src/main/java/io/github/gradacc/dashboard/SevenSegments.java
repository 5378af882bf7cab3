/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Pictures of the digits 0 to 9 as a pocket calculator shows them, made on the spot: seven segments of random
 * brightness, moved at random, with noise on top. Something to learn where nothing can be downloaded.
 */
final class SevenSegments {

    static final int SIZE = 28;
    static final int CLASSES = 10;

    private static final double NOISE = 0.3;
    private static final double DIMMEST = 0.5;

    private static final int WIDTH = 12;
    private static final int HEIGHT = 21;
    private static final int THICKNESS = 3;
    private static final int MIDDLE = (HEIGHT - THICKNESS) / 2;
    private static final int LONG = HEIGHT - MIDDLE;
    private static final int RIGHT = WIDTH - THICKNESS;

    /** Left edge, upper edge, width and height of the segments, which are called a to g. */
    private static final int[][] SEGMENTS = {
        {0, 0, WIDTH, THICKNESS},
        {RIGHT, 0, THICKNESS, LONG},
        {RIGHT, MIDDLE, THICKNESS, LONG},
        {0, HEIGHT - THICKNESS, WIDTH, THICKNESS},
        {0, MIDDLE, THICKNESS, LONG},
        {0, 0, THICKNESS, LONG},
        {0, MIDDLE, WIDTH, THICKNESS}
    };

    /** The segments that shine in each digit. */
    private static final List<String> DIGITS =
            List.of("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg");

    private final Random random;

    private SevenSegments(long seed) {
        random = new Random(seed);
    }

    /**
     * Draws digits, of all classes in turn.
     *
     * @param batches how many
     * @param examples of each batch
     * @param seed of everything random
     * @return of each batch features [examples, 1, 28, 28] from 0 to about 1, and one-hot labels [examples, 10], FLOAT
     */
    static List<DataSet> draw(int batches, int examples, long seed) {
        SevenSegments pictures = new SevenSegments(seed);
        List<DataSet> drawn = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            drawn.add(pictures.batch(examples));
        }
        return drawn;
    }

    private DataSet batch(int examples) {
        float[][][][] features = new float[examples][1][][];
        float[][] labels = new float[examples][CLASSES];
        for (int i = 0; i < examples; i++) {
            int digit = i % CLASSES;
            features[i][0] = picture(digit);
            labels[i][digit] = 1;
        }
        return new DataSet(Nd4j.createFromArray(features), Nd4j.createFromArray(labels));
    }

    private float[][] picture(int digit) {
        float[][] pixels = new float[SIZE][SIZE];
        int left = random.nextInt(SIZE - WIDTH + 1);
        int top = random.nextInt(SIZE - HEIGHT + 1);
        for (char name : DIGITS.get(digit).toCharArray()) {
            light(SEGMENTS[name - 'a'], left, top, pixels);
        }
        for (float[] row : pixels) {
            for (int x = 0; x < SIZE; x++) {
                row[x] += (float) (NOISE * random.nextGaussian());
            }
        }
        return pixels;
    }

    private void light(int[] segment, int left, int top, float[][] pixels) {
        float brightness = (float) (DIMMEST + (1 - DIMMEST) * random.nextDouble());
        for (int y = 0; y < segment[3]; y++) {
            for (int x = 0; x < segment[2]; x++) {
                pixels[top + segment[1] + y][left + segment[0] + x] = brightness;
            }
        }
    }
}
