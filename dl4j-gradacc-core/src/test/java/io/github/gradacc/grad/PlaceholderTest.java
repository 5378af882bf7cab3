/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

class PlaceholderTest {

    @Test
    void sumOfOnesCountsThem() {
        assertThat(Placeholder.sum(Nd4j.ones(DataType.DOUBLE, 4, 3))).isEqualTo(12.0);
    }
}
