/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class SevenSegmentsTest {

    @Test
    void everyClassIsDrawnInTurn() {
        List<DataSet> batches = SevenSegments.draw(2, 13, 1);
        assertThat(batches).hasSize(2).allSatisfy(batch -> {
            assertThat(batch.getFeatures().shape()).containsExactly(13, 1, 28, 28);
            assertThat(batch.getLabels().shape()).containsExactly(13, 10);
            assertThat(batch.getLabels().sumNumber().intValue()).isEqualTo(13);
            for (int i = 0; i < 13; i++) {
                assertThat(batch.getLabels().getInt(i, i % 10)).isEqualTo(1);
            }
        });
        assertThat(batches.get(0)).isNotEqualTo(batches.get(1));
    }

    @Test
    void theSeedDecidesEverything() {
        assertThat(SevenSegments.draw(1, 20, 1)).isEqualTo(SevenSegments.draw(1, 20, 1));
        assertThat(SevenSegments.draw(1, 20, 1)).isNotEqualTo(SevenSegments.draw(1, 20, 2));
    }

    /**
     * The lit pixels, counted by hand in a drawing of 12 x 21 with lines of 3, shine with 0.75 on average. A sum over
     * 784 pixels with noise 0.3 has a deviation of 8.4, and the brightness of the segments adds at most 14; a mean over
     * 300 pictures has one below 1.
     */
    @Test
    void digitsLookLikeThoseOfACalculator() {
        INDArray features = SevenSegments.draw(1, 3000, 3).get(0).getFeatures();
        INDArray sums = features.sum(1, 2, 3).reshape('c', false, 300, 10).mean(0);
        assertThat(sums.getDouble(0)).as("0, a frame").isCloseTo(0.75 * 162, within(5.0));
        assertThat(sums.getDouble(1)).as("1, a line").isCloseTo(0.75 * 63, within(5.0));
        assertThat(sums.getDouble(7)).as("7, a line and a roof").isCloseTo(0.75 * 90, within(5.0));
        assertThat(sums.getDouble(8)).as("8, everything").isCloseTo(0.75 * 180, within(5.0));
    }
}
