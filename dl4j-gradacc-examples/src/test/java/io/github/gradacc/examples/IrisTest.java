/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class IrisTest {

    // Sums over 120 values near 1, in DOUBLE.
    private static final Offset<Double> ROUNDING = within(1e-12);

    @Test
    void has150RowsAnd50PerClass() throws Exception {
        DataSet rows = Iris.read();

        assertThat(rows.getFeatures().shape()).containsExactly(150, 4);
        assertThat(rows.getLabels().shape()).containsExactly(150, 3);
        assertThat(rows.getLabels().sum(0).toDoubleVector()).containsExactly(50, 50, 50);
        assertThat(rows.getLabels().sum(1).toDoubleVector()).containsOnly(1);
    }

    @Test
    void keepsFeaturesAndClassOfARowTogether() throws Exception {
        DataSet rows = Iris.read();

        // The first and the last line of the file, whose numbers went through FLOAT.
        assertThat(rows(rows).get(0)).isEqualTo(row(new double[] {5.1f, 3.5f, 1.4f, 0.2f}, 1, 0, 0));
        assertThat(rows(rows).get(149)).isEqualTo(row(new double[] {5.9f, 3.0f, 5.1f, 1.8f}, 0, 0, 1));
    }

    @Test
    void everyRowIsInExactlyOnePart() throws Exception {
        Iris parts = Iris.split(Iris.read());

        assertThat(parts.train().numExamples()).isEqualTo(120);
        assertThat(parts.test().numExamples()).isEqualTo(30);
        // Some flowers have the same measurements: rows count as often as they occur.
        assertThat(rows(DataSet.merge(List.of(parts.train(), parts.test()))))
                .containsExactlyInAnyOrderElementsOf(rows(Iris.read()));
    }

    @Test
    void everyLoadIsTheSameAndShuffled() throws Exception {
        assertThat(rows(Iris.load().train())).isEqualTo(rows(Iris.load().train()));
        assertThat(rows(Iris.split(Iris.read()).train()))
                .isNotEqualTo(rows(Iris.read()).subList(0, 120));
    }

    @Test
    void trainingPartHasMeanZeroAndStandardDeviationOne() throws Exception {
        INDArray features = Iris.load().train().getFeatures();

        assertThat(features.dataType()).isEqualTo(DataType.DOUBLE);
        for (int column = 0; column < 4; column++) {
            INDArray values = features.getColumn(column);
            assertThat(values.meanNumber().doubleValue()).isCloseTo(0.0, ROUNDING);
            assertThat(values.std(false, 0).getDouble(0)).isCloseTo(1.0, ROUNDING);
        }
    }

    @Test
    void testPartIsScaledByTheTrainingPart() throws Exception {
        Iris raw = Iris.split(Iris.read());
        Iris standardized = raw.standardized();

        INDArray mean = raw.train().getFeatures().mean(0);
        INDArray deviation = raw.train().getFeatures().std(false, 0);
        INDArray expected = raw.test().getFeatures().subRowVector(mean).divRowVector(deviation);
        assertThat(standardized.test().getFeatures().sub(expected).amaxNumber().doubleValue())
                .isLessThanOrEqualTo(1e-12);
        assertThat(standardized.test().getLabels()).isEqualTo(raw.test().getLabels());
    }

    private static List<String> rows(DataSet data) {
        double[][] features = data.getFeatures().toDoubleMatrix();
        double[][] labels = data.getLabels().toDoubleMatrix();
        return IntStream.range(0, features.length)
                .mapToObj(i -> row(features[i], labels[i]))
                .toList();
    }

    private static String row(double[] features, double... labels) {
        return Arrays.toString(features) + " -> " + Arrays.toString(labels);
    }
}
