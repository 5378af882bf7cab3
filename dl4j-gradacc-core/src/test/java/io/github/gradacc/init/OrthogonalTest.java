/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Reference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Gram matrices, and statistics of the uniform (Haar) distribution over orthogonal matrices. */
final class OrthogonalTest {

    /**
     * A column of norm 1 whose entries are rounded by 2^-24 of themselves: its square is off by up to 2^-23 = 1.2e-7.
     */
    private static final double FLOAT = 2e-7;

    private static final double DOUBLE = 1e-14;

    /** 2^-11 and 2^-8 in place of FLOAT's 2^-24, for matrices of 32 columns. */
    private static final double FLOAT16 = 4e-3;

    private static final double BFLOAT16 = 3e-2;

    /** max |W^T W - gain^2 I| or max |W W^T - gain^2 I|, whichever is the smaller matrix, for a matrix of any type. */
    private static double error(INDArray matrix, double gain) {
        INDArray w = matrix.castTo(DataType.DOUBLE);
        INDArray gram = w.rows() >= w.columns() ? w.transpose().mmul(w) : w.mmul(w.transpose());
        return gram.sub(Nd4j.eye(gram.rows()).castTo(DataType.DOUBLE).mul(gain * gain))
                .amaxNumber()
                .doubleValue();
    }

    static Iterable<JsonNode> cases() {
        return Reference.read("init_stats.json").get("orthogonal");
    }

    /** Rows are torch's first dimension, columns the rest in 'c' order. */
    @ParameterizedTest
    @MethodSource("cases")
    void flattensAndScalesAsLibtorch(JsonNode entry) {
        double gain = entry.get("gain").asDouble();
        INDArray weights = Shapes.inTorch(Filled.with(1, new Orthogonal(gain), Shapes.inDl4j(entry.get("shape"))));
        INDArray matrix = weights.dup('c')
                .reshape('c', entry.get("rows").asLong(), entry.get("cols").asLong());
        assertThat(error(matrix, gain)).isLessThanOrEqualTo(DOUBLE * gain * gain);
        assertThat(matrix.mul(matrix).sumNumber().doubleValue())
                .isCloseTo(entry.get("frobenius_sq_theory").asDouble(), within(1e-12 * matrix.length()));
    }

    @Test
    void isOrthogonalInEveryTypeAndShape() {
        long[][] shapes = {{32, 32}, {7, 5}, {5, 8}, {1, 9}, {9, 1}, {1, 1}, {48, 20}};
        for (long[] shape : shapes) {
            for (char order : new char[] {'c', 'f'}) {
                assertError(DataType.FLOAT, FLOAT, order, shape);
                assertError(DataType.DOUBLE, DOUBLE, order, shape);
                assertError(DataType.FLOAT16, FLOAT16, order, shape);
                assertError(DataType.BFLOAT16, BFLOAT16, order, shape);
            }
        }
    }

    /** The sizes at which DL4J's own OrthogonalDistribution crashes or hangs, and the largest the class speaks of. */
    @Tag("slow")
    @Test
    void largeMatricesKeepTheStatedError() {
        for (long[] shape : new long[][] {{64, 256}, {256, 64}, {100, 100}, {512, 512}, {1024, 1024}}) {
            assertError(DataType.FLOAT, FLOAT, 'f', shape);
            assertError(DataType.DOUBLE, DOUBLE, 'f', shape);
        }
    }

    private static void assertError(DataType type, double tolerance, char order, long... shape) {
        INDArray weights = Filled.with(2, new Orthogonal(2), type, order, shape);
        assertThat(error(weights, 2))
                .as("%s %s", type, weights.shapeInfoToString())
                .isLessThanOrEqualTo(4 * tolerance);
    }

    @Test
    void eachGateIsAMatrixByItself() {
        INDArray weights = Filled.with(3, new Orthogonal(1.5, 4), 6, 24);
        for (int gate = 0; gate < 4; gate++) {
            INDArray block = weights.get(NDArrayIndex.all(), NDArrayIndex.interval(6 * gate, 6 * gate + 6));
            assertThat(error(block, 1.5)).isLessThanOrEqualTo(DOUBLE * 3);
            assertThat(error(block, 1.4)).isGreaterThan(0.1);
            if (gate > 0) {
                assertThat(block).isNotEqualTo(weights.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 6)));
            }
        }
        // As one matrix it is not.
        assertThat(error(weights, 1.5)).isGreaterThan(0.1);
        // Fewer inputs than units: each gate's rows are orthonormal.
        INDArray wide = Filled.with(3, new Orthogonal(1, 4), 2, 20);
        assertThat(error(wide.get(NDArrayIndex.all(), NDArrayIndex.interval(15, 20)), 1))
                .isLessThanOrEqualTo(DOUBLE);
    }

    @Test
    void gatesOfAConvolutionDivideItsOutputs() {
        INDArray weights = Filled.with(3, new Orthogonal(1, 2), 6, 2, 3, 3);
        INDArray block = weights.get(NDArrayIndex.interval(3, 6)).dup('c').reshape('c', 3, 18);
        assertThat(error(block, 1)).isLessThanOrEqualTo(DOUBLE);
        // More outputs than inputs: the whole has orthonormal columns, each gate has them only if it is drawn alone.
        INDArray tall = Filled.with(3, new Orthogonal(1, 2), 8, 1, 2, 2);
        for (int gate = 0; gate < 2; gate++) {
            INDArray square = tall.get(NDArrayIndex.interval(4 * gate, 4 * gate + 4))
                    .dup('c')
                    .reshape('c', 4, 4);
            assertThat(error(square, 1)).isLessThanOrEqualTo(DOUBLE);
        }
    }

    /**
     * Moments that only the Haar distribution has: without the sign correction the diagonal of Q leans to one side.
     * Squares of entries follow Beta(1/2, (n-1)/2), which gives the fourth moment 3 / (n (n + 2)).
     */
    @Tag("slow")
    @Test
    void isUniformOverAllOrthogonalMatrices() {
        for (JsonNode entry : Reference.read("init_stats.json").get("orthogonal_haar")) {
            int rows = entry.get("shape").get(0).asInt();
            int columns = entry.get("shape").get(1).asInt();
            JsonNode theory = entry.get("theory");
            int draws = 3000;
            double[] corner = new double[draws];
            double trace = 0;
            double squaredTrace = 0;
            int positive = 0;
            Nd4j.getRandom().setSeed(21);
            for (int i = 0; i < draws; i++) {
                double[][] w = Shapes.inTorch(new Orthogonal(1)
                                .init(
                                        1,
                                        1,
                                        new long[] {columns, rows},
                                        'f',
                                        Nd4j.createUninitialized(DataType.DOUBLE, (long) rows * columns)))
                        .toDoubleMatrix();
                corner[i] = w[0][0];
                positive += w[0][0] > 0 ? 1 : 0;
                double sum = 0;
                for (int k = 0; k < columns; k++) {
                    sum += w[k][k];
                }
                trace += sum / draws;
                squaredTrace += sum * sum / draws;
            }
            Statistics.assertMoments(
                    "corner of " + rows + "x" + columns,
                    corner,
                    0,
                    theory.get("w00_std").asDouble(),
                    3.0 / (rows * (rows + 2.0)));
            double five = 5 / Math.sqrt(draws);
            assertThat((double) positive / draws).isCloseTo(0.5, within(0.5 * five));
            assertThat(trace).isCloseTo(theory.get("trace_mean").asDouble(), within(five));
            if (!theory.get("trace_sq_mean").isNull()) {
                // The fourth moment of the trace is 3 for n >= 4 (Diaconis and Shahshahani 1994), so its variance is 2.
                assertThat(squaredTrace).isCloseTo(theory.get("trace_sq_mean").asDouble(), within(1.5 * five));
            }
        }
    }

    /** A 1x1 orthogonal matrix is a fair coin. */
    @Test
    void oneByOneIsPlusOrMinusTheGain() {
        int positive = 0;
        Nd4j.getRandom().setSeed(4);
        for (int i = 0; i < 1000; i++) {
            double w = new Orthogonal(2)
                    .init(1, 1, new long[] {1, 1}, 'c', Nd4j.createUninitialized(DataType.DOUBLE, 1))
                    .getDouble(0, 0);
            assertThat(Math.abs(w)).isEqualTo(2);
            positive += w > 0 ? 1 : 0;
        }
        assertThat(positive / 1000.0).isCloseTo(0.5, within(2.5 / Math.sqrt(1000)));
    }

    @Test
    void deltaOrthogonalKeepsTheNormOfEveryImage() {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            INDArray weights = Filled.with(5, new DeltaOrthogonal(1.5), type, 'c', 6, 4, 3, 4)
                    .castTo(DataType.DOUBLE);
            INDArray center =
                    weights.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(1), NDArrayIndex.point(1));
            assertThat(error(center, 1.5)).isLessThanOrEqualTo(3 * (type == DataType.FLOAT ? FLOAT : DOUBLE));
            // Nothing outside: the whole has the norm of the center, 4 columns of length 1.5.
            assertThat(weights.neq(0).castTo(DataType.DOUBLE).sumNumber().intValue())
                    .isEqualTo(24);
            assertThat(weights.norm2Number().doubleValue()).isCloseTo(3, within(1e-6));
        }
    }

    @Test
    void deltaOrthogonalInOneAndThreeDimensions() {
        INDArray one = Filled.with(5, new DeltaOrthogonal(1), 3, 3, 5, 1);
        assertThat(error(
                        one.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.point(2), NDArrayIndex.point(0)),
                        1))
                .isLessThanOrEqualTo(DOUBLE);
        INDArray three = Filled.with(5, new DeltaOrthogonal(1), 3, 2, 2, 3, 4);
        assertThat(error(
                        three.get(
                                NDArrayIndex.all(),
                                NDArrayIndex.all(),
                                NDArrayIndex.point(0),
                                NDArrayIndex.point(1),
                                NDArrayIndex.point(1)),
                        1))
                .isLessThanOrEqualTo(DOUBLE);
    }

    @Test
    void layoutsMakeTheRightBlocksOrthogonal() {
        INDArray graves = Filled.with(5, Layout.GRAVES_LSTM.of(new Orthogonal(1, 4)), 4, 19);
        assertThat(error(graves.get(NDArrayIndex.all(), NDArrayIndex.interval(12, 16)), 1))
                .isLessThanOrEqualTo(DOUBLE);
        assertThat(graves.get(NDArrayIndex.all(), NDArrayIndex.interval(16, 19)))
                .isEqualTo(Nd4j.zeros(DataType.DOUBLE, 4, 3));
        INDArray local = Filled.with(5, Layout.LOCALLY_CONNECTED.of(new Orthogonal(1)), 3, 6, 4);
        for (int position = 0; position < 3; position++) {
            assertThat(error(local.get(NDArrayIndex.point(position), NDArrayIndex.all(), NDArrayIndex.all()), 1))
                    .isLessThanOrEqualTo(DOUBLE);
        }
        // All heads together map nIn = 5 to 2 x 3 units.
        INDArray attention = Filled.with(5, Layout.ATTENTION.of(new Orthogonal(1)), 2, 3, 5);
        assertThat(error(attention.dup('c').reshape('c', 6, 5), 1)).isLessThanOrEqualTo(DOUBLE);
    }
}
