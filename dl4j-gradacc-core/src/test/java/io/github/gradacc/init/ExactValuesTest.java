/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Reference;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Eye and Dirac, element by element against libtorch. */
final class ExactValuesTest {

    static Iterable<JsonNode> cases() {
        return Reference.read("init_stats.json").get("exact");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void areThoseOfLibtorch(JsonNode entry) {
        IWeightInit initializer = "eye_".equals(entry.get("init").asText())
                ? new Eye(1)
                : new Dirac(entry.get("params").get("groups").asInt());
        long[] shape = Shapes.inDl4j(entry.get("value").get("shape"));
        INDArray expected = Reference.tensor(entry.get("value"));
        assertThat(Shapes.inTorch(Filled.with(1, initializer, shape))).isEqualTo(expected);
    }

    @Test
    void eyeScales() {
        assertThat(Filled.with(1, new Eye(-2.5), 2, 3)).isEqualTo(Nd4j.createFromArray(new double[][] {
            {-2.5, 0, 0}, {0, -2.5, 0}
        }));
    }

    /** The two centers differ for an even kernel: 4 / 2 = 2 and (4 - 1) / 2 = 1. */
    @Test
    void centersOfEvenKernels() {
        INDArray dirac = Filled.with(1, new Dirac(1), 1, 1, 4, 2);
        assertThat(dirac.getDouble(0, 0, 2, 1)).isEqualTo(1);
        INDArray delta = Filled.with(1, new DeltaOrthogonal(1), 1, 1, 4, 2);
        assertThat(Math.abs(delta.getDouble(0, 0, 1, 0))).isEqualTo(1);
    }
}
