/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SignalComparisonTest {

    @Test
    void showsActivationsOfSomeLayersAndTheGradientOfTheFirst() {
        SignalComparison comparison = new SignalComparison(List.of(
                new SignalComparison.Row("one", "", SignalReports.of(100, i -> i + 1, i -> 0.25 + i)),
                new SignalComparison.Row("two", "", SignalReports.of(100, i -> 2 * i + 0.5, i -> 8e9 + i))));

        List<String[]> lines =
                comparison.table().lines().map(line -> line.split(" +")).toList();

        assertThat(lines).hasSize(3);
        assertThat(lines.get(0))
                .containsExactly("std", "in", "layer", "0", "1", "2", "9", "30", "31", "99", "gradient", "at", "0");
        assertThat(lines.get(1)).containsExactly("one", "1.00", "2.00", "3.00", "10.0", "31.0", "32.0", "100", "0.250");
        assertThat(lines.get(2))
                .containsExactly("two", "0.500", "2.50", "4.50", "18.5", "60.5", "62.5", "199", "8.00e+09");
    }
}
