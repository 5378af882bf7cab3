/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class NumbersTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final NumbersOut out = new NumbersOut(bytes);

    private NumbersIn written() throws IOException {
        out.flush();
        return new NumbersIn(new ByteArrayInputStream(bytes.toByteArray()));
    }

    @Test
    void numbersKeepTheirBits() throws IOException {
        double nan = Double.longBitsToDouble(0x7ff8000000000123L);
        out.number(Long.MIN_VALUE);
        out.numbers(-0.0, nan, Double.MIN_VALUE);
        out.all(List.of("a", "b"), out::name);
        out.flag(true);
        NumbersIn in = written();
        assertThat(in.wholeNumber()).isEqualTo(Long.MIN_VALUE);
        assertThat(Arrays.stream(in.numbers()).mapToLong(Double::doubleToRawLongBits))
                .containsExactly(Double.doubleToRawLongBits(-0.0), Double.doubleToRawLongBits(nan), 1L);
        assertThat(in.all(in::name)).containsExactly("a", "b");
        assertThat(in.flag()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF", "INT", "LONG", "BYTE", "BOOL"})
    void arraysKeepTypeShapeAndOrder(DataType type) throws IOException {
        INDArray array = Nd4j.arange(24).reshape('c', false, 2, 3, 4).castTo(type);
        INDArray view = array.permute(2, 0, 1);
        out.arrays(new INDArray[] {array, null, array.dup('f'), view});
        out.arrays(null);
        NumbersIn in = written();
        INDArray[] read = in.arrays();
        assertThat(read).hasSize(4).containsNull();
        assertThat(read[0].ordering()).isEqualTo('c');
        assertThat(read[2].ordering()).isEqualTo('f');
        assertSame(read[0], array);
        assertSame(read[2], array);
        assertSame(read[3], view);
        assertThat(in.arrays()).isNull();
    }

    private static void assertSame(INDArray read, INDArray array) {
        assertThat(read.dataType()).isEqualTo(array.dataType());
        assertThat(read.shape()).containsExactly(array.shape());
        assertThat(read.ravel().castTo(DataType.DOUBLE).toDoubleVector())
                .containsExactly(array.ravel().castTo(DataType.DOUBLE).toDoubleVector());
    }
}
