/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Seeded random data. Values come from Java's generator, so that no test depends on the state of ND4J's. */
public final class Data {

    private final Random random;
    private final DataType type;

    public Data(long seed, DataType type) {
        this.random = new Random(seed);
        this.type = type;
    }

    /** Standard normal values. */
    public INDArray normal(long... shape) {
        return fill(shape, random::nextGaussian);
    }

    /** Values in (0, 1), away from both ends. */
    public INDArray unit(long... shape) {
        return fill(shape, () -> 0.05 + 0.9 * random.nextDouble());
    }

    /** Whole numbers below {@code bound}. */
    public INDArray indices(int bound, long... shape) {
        return fill(shape, () -> random.nextInt(bound));
    }

    /** Values -1 and 1. */
    public INDArray signs(long... shape) {
        return fill(shape, () -> random.nextBoolean() ? 1 : -1);
    }

    /** One-hot rows, shape [examples, classes]. */
    public INDArray oneHot(int examples, int classes) {
        INDArray labels = Nd4j.zeros(type, examples, classes);
        for (int i = 0; i < examples; i++) {
            labels.putScalar(i, random.nextInt(classes), 1);
        }
        return labels;
    }

    /** One-hot sequences, shape [examples, classes, steps]. */
    public INDArray oneHotSequences(int examples, int classes, int steps) {
        INDArray labels = Nd4j.zeros(type, examples, classes, steps);
        for (int i = 0; i < examples; i++) {
            for (int t = 0; t < steps; t++) {
                labels.putScalar(new int[] {i, random.nextInt(classes), t}, 1);
            }
        }
        return labels;
    }

    /** Normal features of the given shape for each example, one-hot labels. */
    public DataSet dataSet(int examples, int classes, long... exampleShape) {
        long[] shape = new long[exampleShape.length + 1];
        shape[0] = examples;
        System.arraycopy(exampleShape, 0, shape, 1, exampleShape.length);
        return new DataSet(normal(shape), oneHot(examples, classes));
    }

    /** A mask of sequences that end at random, shape [examples, steps]; each has at least one step. */
    public INDArray mask(int examples, int steps) {
        INDArray mask = Nd4j.zeros(type, examples, steps);
        for (int i = 0; i < examples; i++) {
            int length = 1 + random.nextInt(steps);
            for (int t = 0; t < length; t++) {
                mask.putScalar(i, t, 1);
            }
        }
        return mask;
    }

    /**
     * Labels for object detection: on a grid of {@code cells} x {@code cells}, one box in a random cell, shape
     * [examples, 4 + classes, cells, cells] with the box's corners (in cells) and its class.
     */
    public INDArray boxes(int examples, int classes, int cells) {
        INDArray labels = Nd4j.zeros(type, examples, 4 + classes, cells, cells);
        for (int i = 0; i < examples; i++) {
            int row = random.nextInt(cells);
            int column = random.nextInt(cells);
            double[] corners = {
                column + 0.1 + 0.2 * random.nextDouble(),
                row + 0.1 + 0.2 * random.nextDouble(),
                column + 0.7 + 0.2 * random.nextDouble(),
                row + 0.7 + 0.2 * random.nextDouble()
            };
            for (int c = 0; c < corners.length; c++) {
                labels.putScalar(new int[] {i, c, row, column}, corners[c]);
            }
            labels.putScalar(new int[] {i, 4 + random.nextInt(classes), row, column}, 1);
        }
        return labels;
    }

    private INDArray fill(long[] shape, DoubleSupplier value) {
        INDArray array = Nd4j.create(type, shape);
        for (long i = 0; i < array.length(); i++) {
            array.putScalar(i, value.getAsDouble());
        }
        return array;
    }

    /** Joins k batches at a time; the last group may be shorter. */
    public static List<DataSet> windows(List<DataSet> batches, int k) {
        List<DataSet> windows = new ArrayList<>();
        for (int i = 0; i < batches.size(); i += k) {
            windows.add(join(batches.subList(i, Math.min(i + k, batches.size()))));
        }
        return windows;
    }

    /** DataSet.merge refuses arrays of rank 5, and masks of one column for labels of rank 2. */
    private static DataSet join(List<DataSet> batches) {
        DataSet first = batches.get(0);
        boolean mergeable =
                first.getFeatures().rank() < 5 && (first.getLabels().rank() > 2 || first.getLabelsMaskArray() == null);
        return mergeable
                ? DataSet.merge(batches)
                : new DataSet(
                        concatenate(batches, DataSet::getFeatures),
                        concatenate(batches, DataSet::getLabels),
                        concatenate(batches, DataSet::getFeaturesMaskArray),
                        concatenate(batches, DataSet::getLabelsMaskArray));
    }

    private static INDArray concatenate(List<DataSet> batches, Function<DataSet, INDArray> part) {
        return part.apply(batches.get(0)) == null
                ? null
                : Nd4j.concat(0, batches.stream().map(part).toArray(INDArray[]::new));
    }
}
