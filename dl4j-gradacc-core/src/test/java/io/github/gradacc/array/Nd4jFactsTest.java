/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.longer.MatchCondition;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.indexing.conditions.Conditions;

/**
 * What ND4J 1.0.0-M2.1 does with NaN, with shapes and with parts of views. Where a newer ND4J differs, the library may
 * get simpler.
 */
class Nd4jFactsTest {

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF"})
    void theLargestAndTheSmallestElementPassOverNan(DataType type) {
        INDArray array = onesWithNan(type);

        assertThat(array.maxNumber().doubleValue()).isEqualTo(1);
        assertThat(array.minNumber().doubleValue()).isEqualTo(1);
        assertThat(array.amaxNumber().doubleValue()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT"})
    void nanIsSeenInWideTypes(DataType type) {
        INDArray array = onesWithNan(type);

        assertThat(array.isNaN().any()).isTrue();
        assertThat(countNotFinite(array)).isEqualTo(1);
        assertThat(Nd4j.getBlasWrapper().level1().asum(array)).isNaN();
    }

    @Test
    void nanIsOverlookedInHalf() {
        INDArray array = onesWithNan(DataType.FLOAT16);

        assertThat(array.isNaN().any()).isFalse();
        assertThat(countNotFinite(array)).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF"})
    void infinityIsSeenInAllTypes(DataType type) {
        INDArray array = Nd4j.ones(type, 5).putScalar(3, Double.NEGATIVE_INFINITY);

        assertThat(array.isInfinite().any()).isTrue();
        assertThat(countNotFinite(array)).isEqualTo(1);
    }

    /** Parameters of a second layer are such a view; it starts far from the beginning of the buffer. */
    @Test
    void intervalsOfVectorsAreRightAlsoInViews() {
        INDArray vector = numbers(200_000).get(NDArrayIndex.interval(190_000, 200_000));

        INDArray part = vector.get(NDArrayIndex.interval(5_000, 10_000));

        assertThat(part.length()).isEqualTo(5_000);
        assertThat(part.getDouble(0)).isEqualTo(195_000);
    }

    @Test
    void intervalsOfMatricesThatAreViewsCanBeEmpty() {
        INDArray rows = numbers(60).reshape('c', 12, 5).get(NDArrayIndex.interval(2, 12), NDArrayIndex.all());

        assertThat(rows.get(NDArrayIndex.interval(8, 10), NDArrayIndex.all()).isEmpty())
                .isTrue();
        assertThat(Slice.of(rows, 0, 8, 10))
                .isEqualTo(numbers(60).reshape('c', 12, 5).dup().getRows(10, 11));
    }

    /** Writing to it changes what the array takes its own shape for. */
    @Test
    void theShapeOfAnArrayIsNotACopy() {
        INDArray array = Nd4j.ones(DataType.DOUBLE, 11, 7);

        array.shape()[0] = 5;

        assertThat(array.size(0)).isEqualTo(5);
    }

    private static INDArray onesWithNan(DataType type) {
        return Nd4j.ones(type, 1_000).putScalar(500, Double.NaN);
    }

    private static long countNotFinite(INDArray array) {
        return Nd4j.getExecutioner()
                .exec(new MatchCondition(array, Conditions.notFinite()))
                .getLong(0);
    }

    private static INDArray numbers(int count) {
        return Nd4j.arange(count).castTo(DataType.DOUBLE);
    }
}
