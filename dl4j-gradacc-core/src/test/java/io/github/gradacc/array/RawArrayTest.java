/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class RawArrayTest {

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16", "INT", "LONG", "BYTE", "BOOL"})
    void comesBackAsItWas(DataType type) {
        INDArray array = Nd4j.arange(24).reshape(2, 3, 4).castTo(type);
        INDArray back = RawArray.of(array).toArray();
        assertThat(back.dataType()).isEqualTo(type);
        assertThat(back).isEqualTo(array);
    }

    @Test
    void liesRowByRowWhateverTheArray() {
        INDArray fortran = Nd4j.create(DataType.DOUBLE, new long[] {2, 3}, 'f');
        for (int i = 0; i < 6; i++) {
            fortran.putScalar(i / 3, i % 3, i);
        }
        double[] elements = new double[6];
        ByteBuffer.wrap(RawArray.of(fortran).bytes())
                .order(ByteOrder.nativeOrder())
                .asDoubleBuffer()
                .get(elements);
        assertThat(elements).containsExactly(0, 1, 2, 3, 4, 5);
        INDArray view = fortran.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3));
        assertThat(RawArray.of(view).toArray()).isEqualTo(Nd4j.create(new double[][] {{1, 2}, {4, 5}}));
    }

    /** Such arrays say that they are no views and that their order is 'c'. */
    @ParameterizedTest
    @ValueSource(strings = {"0,2,1", "1,0,2", "1,2,0", "2,0,1", "2,1,0"})
    void permutedArraysLieRowByRow(String order) {
        int[] axes = Arrays.stream(order.split(",")).mapToInt(Integer::parseInt).toArray();
        INDArray permuted = Nd4j.arange(24).reshape(2, 3, 4).permute(axes);
        INDArray back = RawArray.of(permuted).toArray();
        assertThat(back.shape()).isEqualTo(permuted.shape());
        for (int i = 0; i < permuted.size(0); i++) {
            for (int j = 0; j < permuted.size(1); j++) {
                for (int k = 0; k < permuted.size(2); k++) {
                    assertThat(back.getDouble(i, j, k)).isEqualTo(permuted.getDouble(i, j, k));
                }
            }
        }
    }

    @Test
    void refusesAnArrayWithoutElements() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RawArray.of(Nd4j.create(DataType.FLOAT, 0, 4)))
                .withMessageContaining("[0, 4] has none");
    }

    @Test
    void overwritesAnArray() {
        INDArray row = Nd4j.create(DataType.FLOAT, 1, 4);
        RawArray.of(Nd4j.createFromArray(1f, 2f, 3f, Float.NaN)).copyTo(row);
        assertThat(row.toFloatVector()).containsExactly(1, 2, 3, Float.NaN);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RawArray.of(row).copyTo(Nd4j.create(DataType.DOUBLE, 1, 4)))
                .withMessageContaining("FLOAT")
                .withMessageContaining("DOUBLE");
    }

    @Test
    void refusesBytesThatDoNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RawArray(DataType.DOUBLE, new byte[15], 2))
                .withMessageContaining("16 bytes, got 15");
    }
}
