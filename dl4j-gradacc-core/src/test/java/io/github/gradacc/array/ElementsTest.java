/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ElementsTest {

    /** One element, and both sides of a chunk's end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 65_535, 65_536, 65_537, 131_073})
    void whatWasWrittenIsReadInOrder(int length) {
        INDArray vector = Nd4j.create(DataType.DOUBLE, length);
        AtomicInteger next = new AtomicInteger();
        Elements.fill(vector, next::getAndIncrement);

        List<Double> read = new ArrayList<>();
        Elements.forEach(vector, read::add);

        assertThat(read).hasSize(length).first().isEqualTo(0.0);
        assertThat(read).isSorted().last().isEqualTo(length - 1.0);
    }

    @Test
    void aViewIsWrittenWhereItLies() {
        INDArray all = Nd4j.zeros(DataType.FLOAT, 200_000);

        Elements.fill(Slice.of(all, 100_000, 200_000), () -> 2);

        assertThat(all.sumNumber().doubleValue()).isEqualTo(200_000);
        assertThat(all.getDouble(99_999)).isZero();
        assertThat(all.getDouble(100_000)).isEqualTo(2);
    }

    @Test
    void matricesAreReadRowByRowWhateverTheirOrder() {
        INDArray matrix = Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}});
        List<Double> read = new ArrayList<>();

        Elements.forEach(matrix.dup('f'), read::add);

        assertThat(read).containsExactly(1.0, 2.0, 3.0, 4.0, 5.0, 6.0);
    }
}
