/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class FingerprintTest {

    private final INDArray array =
            Nd4j.linspace(DataType.DOUBLE, -1, 0.01, 10_000).reshape('c', false, 100, 100);

    private static String of(INDArray... arrays) {
        Fingerprint print = new Fingerprint();
        print.addAll(arrays);
        return print.value();
    }

    @Test
    void isTheSameForTheSameElementsInAnyMemory() {
        assertThat(of(array.dup('f')))
                .isEqualTo(of(array))
                .isEqualTo(of(array.transpose().dup().transpose()))
                .hasSize(16);
    }

    @Test
    void tellsElementsShapesTypesAndPlacesApart() {
        Set<String> prints = new HashSet<>();
        prints.add(of(array));
        prints.add(of(array.transpose()));
        prints.add(of(array.reshape('c', false, 10_000)));
        prints.add(of(array.castTo(DataType.FLOAT)));
        prints.add(of(array, null));
        prints.add(of(null, array));
        prints.add(of((INDArray[]) null));
        prints.add(of());
        prints.add(of(array, array));
        for (int i = 0; i < 10_000; i += 999) {
            INDArray other = array.dup();
            other.putScalar(i, Math.nextUp(other.getDouble(i)));
            prints.add(of(other));
        }
        assertThat(prints).hasSize(9 + 11);
    }
}
