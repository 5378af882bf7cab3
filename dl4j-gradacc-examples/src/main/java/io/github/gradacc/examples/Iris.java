/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.datavec.api.records.reader.impl.csv.CSVRecordReader;
import org.datavec.api.split.InputStreamInputSplit;
import org.deeplearning4j.datasets.datavec.RecordReaderDataSetIterator;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.SplitTestAndTrain;
import org.nd4j.linalg.dataset.api.preprocessor.NormalizerStandardize;

/**
 * Fisher's iris flowers in two parts. Features [rows, 4] and one-hot labels [rows, 3], DOUBLE.
 *
 * @param train 120 examples
 * @param test the other 30
 */
record Iris(DataSet train, DataSet test) {

    static final int ROWS = 150;
    static final int TRAINING_ROWS = 120;
    static final int FEATURES = 4;
    static final int CLASSES = 3;

    private static final long SHUFFLE_SEED = 42;

    /** Reads, splits and standardizes the data: the result is ready for training. */
    static Iris load() throws IOException, InterruptedException {
        return split(read()).standardized();
    }

    /** Reads the 150 rows as they are in the file, sorted by class. */
    static DataSet read() throws IOException, InterruptedException {
        // Not IrisDataSetIterator: it downloads what the jar of deeplearning4j-core contains.
        try (InputStream rows = Objects.requireNonNull(Iris.class.getResourceAsStream("/iris.dat"), "iris.dat");
                CSVRecordReader reader = new CSVRecordReader()) {
            reader.initialize(new InputStreamInputSplit(rows));
            DataSet data = new RecordReaderDataSetIterator(reader, ROWS, FEATURES, CLASSES).next();
            return new DataSet(
                    data.getFeatures().castTo(DataType.DOUBLE), data.getLabels().castTo(DataType.DOUBLE));
        }
    }

    /** Shuffles all rows in place, always in the same order, and copies them into two parts. */
    static Iris split(DataSet rows) {
        rows.shuffle(SHUFFLE_SEED);
        SplitTestAndTrain parts = rows.splitTestAndTrain(TRAINING_ROWS);
        return new Iris(parts.getTrain().copy(), parts.getTest().copy());
    }

    /** Returns copies of both parts, shifted and scaled by the mean and standard deviation of the training part. */
    Iris standardized() {
        Iris copy = new Iris(train.copy(), test.copy());
        NormalizerStandardize standardize = new NormalizerStandardize();
        standardize.fit(train);
        standardize.transform(copy.train);
        standardize.transform(copy.test);
        return copy;
    }
}
