/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Points of three classes, each normally distributed around a place of its own. The class of a point is 0, 1 or 2, or
 * -100 if it is to be ignored.
 */
final class Blobs {

    static final int FEATURES = 2;
    static final int CLASSES = 3;

    /** What {@code LossCrossEntropy} ignores by default. */
    static final int IGNORED = -100;

    private static final double[][] PLACES = {{0, 1.5}, {1.5, -1}, {-1.5, -1}};

    private final double[][] points;
    private final int[] classes;

    private Blobs(double[][] points, int... classes) {
        this.points = points;
        this.classes = classes;
    }

    /** Draws points of all classes in turn. */
    static Blobs draw(int examples, long seed) {
        Random random = new Random(seed);
        double[][] points = new double[examples][];
        int[] classes = new int[examples];
        for (int i = 0; i < examples; i++) {
            double[] place = PLACES[i % CLASSES];
            classes[i] = i % CLASSES;
            points[i] = new double[] {place[0] + 0.7 * random.nextGaussian(), place[1] + 0.7 * random.nextGaussian()};
        }
        return new Blobs(points, classes);
    }

    int size() {
        return classes.length;
    }

    int classOf(int point) {
        return classes[point];
    }

    /** Points of one class occur as often as said, one after the other; other points once. */
    Blobs repeating(int repeated, int times) {
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < classes.length; i++) {
            for (int j = 0; j < (classes[i] == repeated ? times : 1); j++) {
                kept.add(i);
            }
        }
        return at(kept);
    }

    /** The label of every fourth point, from the first, is to be ignored. */
    Blobs ignoringEveryFourth() {
        int[] some = classes.clone();
        for (int i = 0; i < some.length; i += 4) {
            some[i] = IGNORED;
        }
        return new Blobs(points, some);
    }

    /** The points whose labels are not ignored. */
    Blobs withoutIgnored() {
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] != IGNORED) {
                kept.add(i);
            }
        }
        return at(kept);
    }

    private Blobs at(List<Integer> kept) {
        return new Blobs(
                kept.stream().map(i -> points[i]).toArray(double[][]::new),
                kept.stream().mapToInt(i -> classes[i]).toArray());
    }

    /** Features [n, 2] and class indices [n, 1], DOUBLE. */
    DataSet indices() {
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, classes.length, 1);
        for (int i = 0; i < classes.length; i++) {
            labels.putScalar(i, 0, classes[i]);
        }
        return new DataSet(Nd4j.createFromArray(points), labels);
    }

    /** Features [n, 2] and one-hot labels [n, 3], DOUBLE. */
    DataSet oneHot() {
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, classes.length, CLASSES);
        for (int i = 0; i < classes.length; i++) {
            labels.putScalar(i, classes[i], 1);
        }
        return new DataSet(Nd4j.createFromArray(points), labels);
    }
}
