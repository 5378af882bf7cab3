/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Labels and masks of every shape, position by position. */
@ExtendWith(DoubleByDefault.class)
class LabelPositionsTest {

    private static final long[] SEQUENCES = {2, 3, 4};
    private static final long[] IMAGES = {2, 3, 4, 5};

    static Stream<Arguments> masks() {
        return Stream.of(
                Arguments.of(new long[] {4, 3}, 1, new long[] {4, 1}),
                Arguments.of(new long[] {4, 3}, 1, new long[] {4}),
                Arguments.of(new long[] {4, 3}, 1, new long[] {4, 3}),
                Arguments.of(SEQUENCES, 1, new long[] {2, 4}),
                Arguments.of(SEQUENCES, 1, new long[] {2, 1}),
                Arguments.of(SEQUENCES, 1, SEQUENCES),
                Arguments.of(new long[] {2, 4, 3}, 2, new long[] {2, 4}),
                Arguments.of(IMAGES, 1, new long[] {2, 1, 4, 5}),
                Arguments.of(IMAGES, 1, new long[] {2, 1}),
                Arguments.of(IMAGES, 1, new long[] {2, 1, 1, 5}),
                Arguments.of(IMAGES, 1, IMAGES),
                Arguments.of(new long[] {2, 4, 5, 3}, 3, new long[] {2, 4, 5, 1}),
                Arguments.of(new long[] {2, 3, 2, 4, 5}, 1, new long[] {2, 1, 2, 4, 5}),
                Arguments.of(new long[] {2, 2, 4, 5, 3}, 4, new long[] {2, 2, 4, 5, 1}));
    }

    /** Labels are their own mask spread over their shape: each row's mean must be the position's share. */
    @ParameterizedTest
    @MethodSource("masks")
    void rowsAndSharesHaveOneOrder(long[] shape, int channels, long... maskShape) {
        INDArray mask = new Data(3, DataType.DOUBLE).indices(2, maskShape);
        INDArray labels = spread(mask, shape, channels);
        LabelPositions positions = new LabelPositions(labels, channels, mask);
        INDArray rows = positions.rows();
        assertThat(rows.shape()).containsExactly(labels.length() / shape[channels], shape[channels]);
        assertThat(positions.shares()).containsExactly(rows.mean(1).toDoubleVector());
        assertThat(positions.unmasked())
                .isPositive()
                .isEqualTo(labels.sumNumber().doubleValue() / shape[channels]);
    }

    @Test
    void withoutAMaskAllPositionsCount() {
        LabelPositions positions = positions(null, SEQUENCES);
        assertThat(positions.unmasked()).isEqualTo(8);
        assertThat(positions.shares()).hasSize(8).containsOnly(1);
    }

    /** A mask is not a weight: DL4J's layers multiply outputs by it, too. */
    @Test
    void whatIsNotZeroCountsWhole() {
        LabelPositions positions = positions(Nd4j.createFromArray(0.25, 0, 2, 1), 4, 3);
        assertThat(positions.unmasked()).isEqualTo(3);
        assertThat(positions.shares()).containsExactly(1, 0, 1, 1);
    }

    @Test
    void aMaskThatDoesNotFitIsRefused() {
        INDArray mask = Nd4j.ones(2, 3);
        assertThatThrownBy(() -> positions(mask, SEQUENCES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mask of shape [2, 3]")
                .hasMessageContaining("labels of shape [2, 3, 4]");
    }

    private static LabelPositions positions(@Nullable INDArray mask, long... shape) {
        return new LabelPositions(Nd4j.zeros(DataType.DOUBLE, shape), 1, mask);
    }

    /** Element by element, from the meaning of each shape. */
    private static INDArray spread(INDArray mask, long[] shape, int channels) {
        INDArray labels = Nd4j.create(DataType.DOUBLE, shape);
        for (long i = 0; i < labels.length(); i++) {
            long[] at = at(i, shape);
            labels.putScalar(at, mask.getDouble(index(mask, at, channels)));
        }
        return labels;
    }

    private static long[] at(long position, long... shape) {
        long[] at = new long[shape.length];
        long rest = position;
        for (int i = shape.length - 1; i >= 0; i--) {
            at[i] = rest % shape[i];
            rest /= shape[i];
        }
        return at;
    }

    private static long[] index(INDArray mask, long[] at, int channels) {
        long[] index = new long[mask.rank()];
        if (mask.rank() == at.length) {
            for (int i = 0; i < index.length; i++) {
                index[i] = mask.size(i) == 1 ? 0 : at[i];
            }
            return index;
        }
        index[0] = at[0];
        if (index.length == 2 && mask.size(1) > 1) {
            index[1] = at[channels == 1 ? 2 : 1];
        }
        return index;
    }
}
