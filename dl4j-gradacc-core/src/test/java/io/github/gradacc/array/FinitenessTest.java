/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class FinitenessTest {

    @ParameterizedTest
    @CsvSource({
        "DOUBLE, NaN", "DOUBLE, Infinity", "DOUBLE, -Infinity",
        "FLOAT, NaN", "FLOAT, Infinity", "FLOAT, -Infinity",
        "HALF, NaN", "HALF, Infinity", "HALF, -Infinity"
    })
    void oneElementIsEnough(DataType type, double value) {
        for (int at : new int[] {0, 30, 59}) {
            INDArray array = Nd4j.ones(type, 60).putScalar(at, value);

            assertThat(Finiteness.allFinite(array)).as("vector, at %s", at).isFalse();
            assertThat(Finiteness.allFinite(array.reshape('c', 3, 4, 5)))
                    .as("tensor")
                    .isFalse();
            assertThat(Finiteness.allFinite(array.reshape('c', 12, 5).transpose()))
                    .as("transposed")
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF"})
    void finiteElementsAreFine(DataType type) {
        assertThat(Finiteness.allFinite(Nd4j.zeros(type, 1))).isTrue();
        assertThat(Finiteness.allFinite(Nd4j.ones(type, 3, 4))).isTrue();
        assertThat(Finiteness.allFinite(Nd4j.scalar(type, 2))).isTrue();
    }

    /** Their sum is not finite, but they are. */
    @Test
    void soAreElementsAtTheEndOfTheRange() {
        assertThat(Finiteness.allFinite(Nd4j.valueArrayOf(new long[] {9}, Double.MAX_VALUE, DataType.DOUBLE)))
                .isTrue();
        assertThat(Finiteness.allFinite(Nd4j.valueArrayOf(new long[] {9}, -65504, DataType.FLOAT16)))
                .isTrue();
    }

    /** What lies beside a view in memory does not count. */
    @Test
    void aViewIsCheckedByItself() {
        INDArray matrix = Nd4j.ones(DataType.DOUBLE, 4, 6).putScalar(2, 5, Double.NaN);

        assertThat(Finiteness.allFinite(matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 5))))
                .isTrue();
        assertThat(Finiteness.allFinite(matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 6))))
                .isFalse();
        assertThat(Finiteness.allFinite(matrix.getColumn(5))).isFalse();
        assertThat(Finiteness.allFinite(matrix.getColumn(4))).isTrue();
    }
}
