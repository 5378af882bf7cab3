/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.examples.AccumulationEqualsBigBatch.Way;
import io.github.gradacc.probe.ExactnessReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;

class AccumulationEqualsBigBatchTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    @Tag("slow")
    @Test
    void findsWhatItExpects() {
        assertThat(stage.run("AccumulationEqualsBigBatch", "--picture=" + directory.resolve("bce.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .anyMatch(line -> line.startsWith("(e) 13 + 13 + 6, unweighted"))
                .anyMatch(line -> line.startsWith("layer 1: BatchNormalization"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(8);
        assertThat(directory.resolve("bce.png")).isNotEmptyFile();
    }

    /** If the unweighted way agreed, or accumulation did not, the program would say so. */
    @Test
    void seesWhatIsNotAsExpected() {
        List<Way> ways = AccumulationEqualsBigBatch.ways(AccumulationEqualsBigBatch.data());
        assertThat(AccumulationEqualsBigBatch.expectations(ways)).allMatch(Expectation::met);

        List<Way> reversed = new ArrayList<>(ways);
        reversed.set(2, ways.get(4));
        reversed.set(4, ways.get(2));
        assertThat(AccumulationEqualsBigBatch.expectations(reversed))
                .extracting(Expectation::met)
                .containsExactly(true, false, true, false);
    }

    @Test
    void seesWhatIsNotAsExpectedOfBatchNormalization() {
        ExactnessReport without = ExactnessReport.of(AccumulationEqualsBigBatch.network(false));
        ExactnessReport with = ExactnessReport.of(AccumulationEqualsBigBatch.network(true));

        assertThat(AccumulationEqualsBigBatch.batchNormalizationExpectations(
                        Map.of("1_mean", 1e-17, "1_log10stdev", 0.0, "0_W", 1e-3), without, with))
                .allMatch(Expectation::met);
        assertThat(AccumulationEqualsBigBatch.batchNormalizationExpectations(
                        Map.of("1_mean", 0.0, "1_log10stdev", 1e-3, "0_W", 1e-17), with, without))
                .noneMatch(Expectation::met);
    }

    @Test
    void bothKindsOfLabelsOccurInEveryColumn() {
        var labels = AccumulationEqualsBigBatch.data().getLabels();

        assertThat(labels.dataType()).isEqualTo(DataType.DOUBLE);
        assertThat(DoubleStream.of(labels.mean(0).toDoubleVector())).allMatch(share -> share > 0.2 && share < 0.8);
    }
}
