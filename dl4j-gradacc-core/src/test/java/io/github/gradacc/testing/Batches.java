/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Lists of batches. */
public final class Batches {

    private static final int[] RAGGED = {4, 3, 5, 4, 4, 1, 5, 3};

    private Batches() {}

    /** Ragged on purpose, and not a multiple of the usual window of three: 29 examples in 8 batches. */
    public static List<DataSet> ragged(IntFunction<DataSet> ofSize) {
        return of(RAGGED, ofSize);
    }

    /** One data set of each size. */
    public static List<DataSet> of(int[] sizes, IntFunction<DataSet> ofSize) {
        List<DataSet> batches = new ArrayList<>();
        for (int size : sizes) {
            batches.add(ofSize.apply(size));
        }
        return batches;
    }

    /** One array of a batch. */
    @FunctionalInterface
    public interface Maker {

        /** Makes the array for a batch of that many examples. */
        INDArray make(Data data, int examples);
    }

    /** Ragged batches of DOUBLE. */
    public static List<DataSet> ragged(Maker features, Maker labels) {
        return ragged(DataType.DOUBLE, features, labels);
    }

    /** Ragged batches. */
    public static List<DataSet> ragged(DataType type, Maker features, Maker labels) {
        Data data = new Data(7, type);
        return ragged(n -> new DataSet(features.make(data, n), labels.make(data, n)));
    }

    /** Ragged batches for the network of {@link Nets#mlp()}. */
    public static List<DataSet> mlp() {
        return classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 4));
    }

    /** Ragged batches of sequences, 3 values and 5 steps, with a class label at each step. */
    public static List<DataSet> sequences() {
        return ragged((data, n) -> data.normal(n, 3, 5), (data, n) -> data.oneHotSequences(n, 3, 5));
    }

    /**
     * Batches of four sequences, 3 values and as many steps as given for each batch, with a class label at each step.
     */
    public static List<DataSet> ofLengths(int... lengths) {
        Data data = new Data(12, DataType.DOUBLE);
        List<DataSet> batches = new ArrayList<>();
        for (int length : lengths) {
            batches.add(new DataSet(data.normal(4, 3, length), data.oneHotSequences(4, 3, length)));
        }
        return batches;
    }

    /** Ragged batches of sequences, 3 values and 5 steps, with one class label each. */
    public static List<DataSet> labeledSequences() {
        return ragged((data, n) -> data.normal(n, 3, 5), (data, n) -> data.oneHot(n, 3));
    }

    /** Ragged batches with one-hot labels of rank 2. */
    public static List<DataSet> classification(
            DataType type, int classes, Function<Data, IntFunction<INDArray>> features) {
        Data data = new Data(7, type);
        IntFunction<INDArray> next = features.apply(data);
        return ragged(n -> new DataSet(next.apply(n), data.oneHot(n, classes)));
    }
}
