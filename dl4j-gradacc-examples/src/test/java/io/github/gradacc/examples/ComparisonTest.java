/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class ComparisonTest {

    @Test
    void saysThatEqualRunsAreEqual() {
        Comparison comparison = accumulatedEndsAt(1.0 + Math.ulp(1.0));

        assertThat(comparison.isExact()).isTrue();
        assertThat(comparison.conclusion()).contains("ended at the same parameters (difference 2.2e-16");
    }

    @Test
    void saysThatDifferentRunsDiffer() {
        Comparison comparison = accumulatedEndsAt(1.0 + 1e-9);

        assertThat(comparison.isExact()).isFalse();
        assertThat(comparison.conclusion())
                .startsWith("Accumulation did not reproduce")
                .contains("differ by 1.0e-09");
    }

    @Test
    void nanIsNotEqual() {
        assertThat(accumulatedEndsAt(Double.NaN).isExact()).isFalse();
    }

    @Test
    void tableHasALineForEachRun() {
        assertThat(accumulatedEndsAt(1.0).table().lines())
                .hasSize(4)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("way").contains("largest parameter difference"),
                        line -> assertThat(line).matches("small +20 +0\\.500000 +0\\.900 +4\\.0e\\+00"),
                        line -> assertThat(line).matches("accumulated +2 +0\\.500000 +0\\.900 +0\\.0e\\+00"),
                        line -> assertThat(line).matches("large +2 +0\\.500000 +0\\.900 +\\(the reference\\)"));
    }

    private static Comparison accumulatedEndsAt(double parameter) {
        return new Comparison(run("small", 20, 5.0), run("accumulated", 2, parameter), run("large", 2, 1.0));
    }

    private static TrainingRun run(String name, int steps, double parameter) {
        double[][] parameters = {{0.0, parameter, -3.0}};
        return new TrainingRun(name, steps, List.of(1.0, 0.5), 0.9, Nd4j.createFromArray(parameters));
    }
}
