/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

final class DrawsTest {

    /**
     * Seeds of 64 random bits: of 300,000 tensors no two start alike. With 32 bits ten pairs would (n^2 / 2 / 2^32),
     * with 53, those of a first draw, one in 200,000 such tests would see a pair.
     */
    @Test
    void seedsAreAsLongAsTheyLook() {
        Nd4j.getRandom().setSeed(5);
        Set<Double> first = new HashSet<>();
        for (int i = 0; i < 300_000; i++) {
            first.add(Draws.next().uniform());
        }
        assertThat(first).hasSize(300_000);
    }
}
