/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class DigitsTest {

    @Test
    void everyClassIsDrawnInTurn() {
        DataSet digits = Digits.draw(23, 1);
        assertThat(digits.getFeatures().shape()).containsExactly(23, 256);
        assertThat(digits.getLabels().shape()).containsExactly(23, 10);
        for (int i = 0; i < 23; i++) {
            assertThat(digits.getLabels().getDouble(i, i % 10)).isEqualTo(1);
        }
        assertThat(digits.getLabels().sumNumber().doubleValue()).isEqualTo(23);
    }

    @Test
    void theSeedDecidesEverything() {
        assertThat(Digits.draw(20, 1)).isEqualTo(Digits.draw(20, 1));
        assertThat(Digits.draw(20, 1).getFeatures())
                .isNotEqualTo(Digits.draw(20, 2).getFeatures());
    }

    /** Averaged over many pictures noise and placement fade, and what is left differs from digit to digit. */
    @Test
    void digitsLookDifferent() {
        INDArray features = Digits.draw(1000, 3).getFeatures();
        INDArray means = features.reshape(100, 10, Digits.PIXELS).mean(0);
        for (int a = 0; a < 10; a++) {
            assertThat(means.getRow(a).maxNumber().doubleValue()).isBetween(0.3, 1.0);
            assertThat(means.getDouble(a, 0)).isCloseTo(0, within(0.1));
            for (int b = 0; b < a; b++) {
                assertThat(means.getRow(a).distance2(means.getRow(b)))
                        .as("%s and %s", a, b)
                        .isGreaterThan(0.8);
            }
        }
    }
}
