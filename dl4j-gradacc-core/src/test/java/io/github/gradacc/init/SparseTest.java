/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Reference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;

final class SparseTest {

    static Iterable<JsonNode> cases() {
        return Reference.read("init_stats.json").get("sparse");
    }

    /** torch's columns are DL4J's rows: the outgoing weights of an input. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("cases")
    void zerosPerInputAreThoseOfLibtorch(JsonNode entry) {
        Sparse sparse =
                new Sparse(entry.get("sparsity").asDouble(), entry.get("std").asDouble());
        long[] shape = Shapes.inDl4j(entry.get("shape"));
        int expected = entry.get("zeros_per_column_expected").asInt();
        int draws = Math.max(10, 20_000 / (int) (shape[0] * shape[1]));
        double[] zeroed = new double[(int) shape[1]];
        List<Double> others = new ArrayList<>();
        Nd4j.getRandom().setSeed(7);
        for (int i = 0; i < draws; i++) {
            INDArray weights =
                    sparse.init(1, 1, shape, 'f', Nd4j.createUninitialized(DataType.DOUBLE, shape[0] * shape[1]));
            for (double[] outgoing : weights.toDoubleMatrix()) {
                int zeros = 0;
                for (int out = 0; out < outgoing.length; out++) {
                    double weight = outgoing[out];
                    if (weight == 0) {
                        zeros++;
                        zeroed[out]++;
                    } else {
                        others.add(weight);
                    }
                }
                assertThat(zeros).isEqualTo(expected);
            }
        }
        // Every output is as likely to be cut off: five standard errors of a share p of n.
        double p = entry.get("row_zero_frequency_theory").asDouble();
        double n = draws * (double) shape[0];
        for (double count : zeroed) {
            assertThat(count / n).isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / n) + 1e-15));
        }
        if (!others.isEmpty()) {
            double std = sparse.std();
            double[] sample = others.stream().mapToDouble(Double::doubleValue).toArray();
            Statistics.assertMoments("not zero", sample, 0, std, 3 * Math.pow(std, 4));
        }
    }

    /** With one zero among five outputs for each of many inputs, all pairs of neighbors are cut independently. */
    @Test
    void inputsLoseDifferentOutputs() {
        INDArray weights = Filled.with(3, new Sparse(0.2, 1), 5000, 5);
        int same = 0;
        int[] cut = new int[5000];
        for (int in = 0; in < cut.length; in++) {
            for (int out = 0; out < 5; out++) {
                cut[in] = weights.getDouble(in, out) == 0 ? out : cut[in];
            }
            same += in > 0 && cut[in] == cut[in - 1] ? 1 : 0;
        }
        assertThat(same / 4999.0).isCloseTo(0.2, within(5 * Math.sqrt(0.16 / 4999)));
    }
}
