/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class SignalTest {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    /** All values are exact in every type, and so are mean and deviation: 2, 4, 4, 4, 5, 5, 7, 9 have 5 and 2. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT", "DOUBLE", "HALF", "BFLOAT16"})
    void countsMeanAndDeviationAreExact(DataType type) {
        INDArray values = Nd4j.createFromArray(2.0, 4, 4, 4, NAN, 5, 5, INFINITY, 7, 9, -INFINITY, NAN)
                .castTo(type)
                .reshape(3, 4);

        assertThat(Signal.of(values)).isEqualTo(new Signal(12, 5, 2, 0, 2, 2));
    }

    @Test
    void zerosOfBothSignsCount() {
        assertThat(Signal.of(Nd4j.createFromArray(0.0, -0.0, 1, -1)))
                .isEqualTo(new Signal(4, 0, Math.sqrt(0.5), 2, 0, 0));
    }

    @Test
    void sharesAreOfAllElements() {
        Signal signal = Signal.of(Nd4j.createFromArray(0.0, 0, 0, 1, NAN, NAN, INFINITY, 1));

        assertThat(signal.zeroShare()).isEqualTo(3 / 8.0);
        assertThat(signal.nanShare()).isEqualTo(2 / 8.0);
        assertThat(signal.infiniteShare()).isEqualTo(1 / 8.0);
        assertThat(signal.nonFinite()).isEqualTo(3);
    }

    /** Squares and sums of these leave the range of FLOAT, and for the extreme ones of DOUBLE. */
    @ParameterizedTest
    @ValueSource(doubles = {1e38, 1e-38, 1e300, 1e-300, 0x1.8p1023, Double.MIN_VALUE})
    void finiteValuesHaveAFiniteDeviation(double size) {
        DataType type = size <= 1e38 && size >= 1e-38 ? DataType.FLOAT : DataType.DOUBLE;
        INDArray values = Nd4j.createFromArray(size, -size, size, -size).castTo(type);

        Signal signal = Signal.of(values);

        assertThat(signal.mean()).isZero();
        assertThat(signal.std()).isEqualTo(values.getDouble(0)).isPositive().isFinite();
    }

    @Test
    void withoutFiniteElementsThereIsNoMean() {
        Signal signal = Signal.of(Nd4j.createFromArray(NAN, INFINITY));

        assertThat(signal).isEqualTo(new Signal(2, NAN, NAN, 0, 1, 1));
    }

    @Test
    void oneElementHasNoDeviation() {
        assertThat(Signal.of(Nd4j.scalar(3.0))).isEqualTo(new Signal(1, 3, 0, 0, 0, 0));
    }

    @Test
    void everyElementIsSeenWhateverTheLayout() {
        INDArray array = Nd4j.createFromArray(2.0, 4, 4, 4, 5, 5, 7, 9).reshape(2, 4);
        Signal expected = new Signal(8, 5, 2, 0, 0, 0);

        assertThat(Signal.of(array.dup('f'))).isEqualTo(expected);
        assertThat(Signal.of(array.transpose())).isEqualTo(expected);
        INDArray wide = Nd4j.valueArrayOf(new long[] {2, 6}, 1e9, DataType.DOUBLE);
        INDArray view = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 5));
        view.assign(array);
        assertThat(Signal.of(view)).isEqualTo(expected);
    }

    /** More than is converted at a time, and not a multiple of it. */
    @Test
    void longArraysAreMeasuredInParts() {
        int half = (1 << 20) + 77;
        INDArray values = Nd4j.concat(
                0,
                Nd4j.valueArrayOf(new long[] {half}, 3f, DataType.FLOAT),
                Nd4j.valueArrayOf(new long[] {half}, 7f, DataType.FLOAT));

        assertThat(Signal.of(values)).isEqualTo(new Signal(2L * half, 5, 2, 0, 0, 0));
    }

    /** Mean and deviation of 1e6 standard normal values, within five standard errors. */
    @Test
    void normalValuesHaveTheirMoments() {
        Signal signal = Signal.of(new Data(7, DataType.FLOAT).normal(1000, 1000));

        assertThat(signal.mean()).isCloseTo(0, within(5 * 1e-3));
        assertThat(signal.std()).isCloseTo(1, within(5 * 1e-3 / Math.sqrt(2)));
    }

    @Test
    void theArrayIsNotChanged() {
        INDArray values = Nd4j.createFromArray(2.0, NAN, 0);
        INDArray before = values.dup();

        Signal.of(values);

        assertThat(values.toDoubleVector()).containsExactly(before.toDoubleVector());
    }

    @Test
    void countsMustFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Signal(4, 0, 1, 2, 2, 1))
                .withMessageContaining("count = 4, zeros = 2, nans = 2, infinities = 1");
        assertThatIllegalArgumentException().isThrownBy(() -> new Signal(0, 0, 1, 0, 0, 0));
    }
}
