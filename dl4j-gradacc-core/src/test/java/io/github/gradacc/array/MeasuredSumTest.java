/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What is added does not depend on the measure, and each measure is what it says, or NaN. */
class MeasuredSumTest {

    /** More than a chunk and less than two. */
    private static final int LENGTH = (1 << 20) + 1001;

    private static INDArray vector(DataType type, double... values) {
        return Nd4j.createFromArray(values).castTo(type);
    }

    @Test
    void bothMeasuresOfALongVector() {
        INDArray source = new Data(1, DataType.DOUBLE).normal(LENGTH);
        INDArray target = new Data(2, DataType.DOUBLE).normal(LENGTH);
        INDArray expected = source.add(target);
        double magnitudes = 0;
        double squares = 0;
        for (double value : source.toDoubleVector()) {
            magnitudes += Math.abs(value);
            squares += value * value;
        }
        for (MeasuredSum by : MeasuredSum.values()) {
            double measure = by == MeasuredSum.BY_MAGNITUDES ? magnitudes : squares;
            INDArray sum = target.dup();
            // 1,049,577 numbers of one sign, added in another order: within 1e-12 of the result.
            assertThat(by.add(source, sum)).isCloseTo(measure, within(1e-12 * measure));
            assertThat(sum.toDoubleVector()).isEqualTo(expected.toDoubleVector());
            INDArray copy = target.dup();
            assertThat(by.copy(source, copy)).isCloseTo(measure, within(1e-12 * measure));
            assertThat(copy.toDoubleVector()).isEqualTo(source.toDoubleVector());
            INDArray first = source.dup();
            assertThat(by.addTo(first, target)).isCloseTo(measure, within(1e-12 * measure));
            assertThat(first.toDoubleVector()).isEqualTo(expected.toDoubleVector());
            assertThat(by.of(source)).isCloseTo(measure, within(1e-12 * measure));
        }
    }

    @Test
    void whatIsNotFiniteIsFound() {
        for (MeasuredSum by : MeasuredSum.values()) {
            for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT, DataType.FLOAT16}) {
                for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
                    assertThat(by.of(vector(type, 1, bad, 2))).isNaN();
                    assertThat(by.of(vector(type, 0, bad))).isNaN();
                }
                assertThat(by.of(vector(type, 0, 0))).isZero();
            }
        }
    }

    /** 3 and 4 in units whose squares FLOAT cannot hold; in DOUBLE such squares are infinite. */
    @Test
    void squaresOutsideOfTheRangeOfFloatAreFound() {
        for (double unit : new double[] {1e-25, 1e-15, 1, 1e15, 1e25}) {
            double squares = MeasuredSum.BY_SQUARES.of(vector(DataType.FLOAT, 3 * unit, 4 * unit));
            // The numbers themselves are rounded to FLOAT, by up to 6e-8 of them.
            assertThat(squares / (unit * unit)).isCloseTo(25, within(1e-5));
        }
        assertThat(MeasuredSum.BY_SQUARES.of(vector(DataType.DOUBLE, 3e200, 4e200)))
                .isEqualTo(Double.POSITIVE_INFINITY);
    }
}
