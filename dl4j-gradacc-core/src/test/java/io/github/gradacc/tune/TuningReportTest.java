/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.OutOfMemoryPolicy;
import io.github.gradacc.train.TunedSetting;
import java.util.List;
import java.util.OptionalInt;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

class TuningReportTest {

    private static final long MB = 1024 * 1024;

    private static Trial trial(int size, int workers, double milliseconds) {
        return new Trial(size, workers, Trial.Outcome.MEASURED, milliseconds, size * MB);
    }

    private static TuningReport report(Trial... trials) {
        return new TuningReport(64, 100 * MB, List.of(trials));
    }

    @Test
    void theFastestIsBest() {
        TuningReport report = report(trial(16, 1, 12), trial(64, 1, 10), trial(16, 2, 8), trial(32, 2, 9));
        assertThat(report.best().microBatchSize()).hasValue(16);
        assertThat(report.best().parallelism()).isEqualTo(2);
        assertThat(report.best().reason())
                .contains("Micro-batches of 16, 2 at a time", "0.125 ms", "1.25 times")
                .doesNotContain("The time was up");
        assertThat(report.microBatchSize()).hasValue(16);
        assertThat(report.parallelism()).isEqualTo(2);
    }

    /** 10 ms for the whole batch: 3 % more than 9.71, and less than that more than 9.72. */
    @ParameterizedTest
    @CsvSource({"9.70, false", "9.72, true", "10, true", "11, true"})
    void theWholeBatchIsTakenUnlessSomethingIsClearlyFaster(double milliseconds, boolean isWhole) {
        TuningReport report = report(trial(64, 1, 10), trial(16, 2, milliseconds));
        assertThat(report.best().microBatchSize().isEmpty()).isEqualTo(isWhole);
        assertThat(report.best().parallelism()).isEqualTo(isWhole ? 1 : 2);
        assertThat(report.best().reason()).contains(isWhole ? "The whole batch at a time" : "Micro-batches of 16");
    }

    @Test
    void whatWasNotMeasuredIsNotChosen() {
        TuningReport report = report(
                trial(8, 1, 30),
                new Trial(16, 1, Trial.Outcome.TOO_LARGE, Double.NaN, 0),
                new Trial(64, 1, Trial.Outcome.NOT_TRIED, Double.NaN, 0));
        assertThat(report.best().microBatchSize()).hasValue(8);
        assertThat(report.best().reason())
                .contains("was not measured, or does not fit")
                .contains("The time was up before 1 of 3 settings were tried: allow more by timeLimit");
        assertThat(report.toString())
                .contains(
                        "more memory than the limit",
                        "not tried, the time was up",
                        report.best().reason())
                .contains("30.00         0.4688                8");
    }

    /**
     * 64 examples with size 16 and 2 workers are 2 rounds of 16, 8 ms: 4 ms a round. 16 examples are one round of 16,
     * 4 ms; whole they are a quarter of 10 ms. 40 examples are 3 passes of at most 14, so 2 rounds of 14: 7 ms, and
     * whole 6.25 ms. 128 examples are 4 rounds, 16 ms; the whole was never seen to fit.
     */
    @ParameterizedTest
    @CsvSource({"64, 16", "128, 16", "16, 0", "40, 0", "48, 0"})
    void otherBatchesAreEstimated(int examples, int expectedSize) {
        TuningReport report = report(trial(64, 1, 10), trial(16, 2, 8));
        assertThat(report.bestFor(examples).microBatchSize().orElse(0)).isEqualTo(expectedSize);
    }

    @Test
    void anEstimateIsByRoundsAndTheirSize() {
        assertThat(trial(16, 2, 8).milliseconds(40, 64)).isEqualTo(7.0);
        assertThat(trial(16, 2, 8).milliseconds(128, 64)).isEqualTo(16.0);
        assertThat(trial(64, 1, 10).milliseconds(16, 64)).isEqualTo(2.5);
    }

    @Test
    void theTrainerTakesItOver() {
        var batch = new Data(1, DataType.DOUBLE).dataSet(64, 3, 4);
        try (var trainer = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()))
                .tuned(report(trial(64, 1, 10), trial(16, 2, 8)))
                .build()) {
            assertThat(trainer.fit(batch).microBatches()).isEqualTo(4);
        }
        try (var trainer = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()))
                .onOutOfMemory(OutOfMemoryPolicy.HALVE)
                .tuned(report(trial(64, 1, 10), trial(16, 2, 8)).bestFor(16))
                .build()) {
            assertThat(trainer.fit(batch).microBatches()).as("whole").isEqualTo(1);
        }
    }

    @Test
    void whatIsSetByHandToo() {
        TuningReport report = report(trial(64, 1, 10), trial(16, 2, 8));
        GradientAccumulationTrainer.Builder sized =
                GradientAccumulationTrainer.builder(Nets.init(Nets.mlp())).microBatchSize(8);
        Assertions.assertThatIllegalStateException()
                .isThrownBy(() -> sized.tuned(report).build())
                .withMessageContaining("microBatchSize(8)")
                .withMessageContaining("says 16")
                .withMessageContaining("leave out one of them");
        GradientAccumulationTrainer.Builder parallel =
                GradientAccumulationTrainer.builder(Nets.init(Nets.mlp())).parallelism(3);
        Assertions.assertThatIllegalStateException()
                .isThrownBy(() -> parallel.tuned(report).build())
                .withMessageContaining("parallelism(3)")
                .withMessageContaining("says 2");
        assertThatIllegalArgumentException().isThrownBy(() -> parallel.tuned(null));
    }

    /** Anyone may implement the interface. */
    @Test
    void aSettingThatIsNoneIsRefused() {
        TunedSetting none = new TuningReport.Best(OptionalInt.of(0), 1, "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()))
                        .tuned(none)
                        .build())
                .withMessageContaining("microBatchSize must be at least 1, got 0");
    }

    @Test
    void nonsenseIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> report()).withMessageContaining("at least one trial");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> report(trial(64, 1, 10)).bestFor(0))
                .withMessageContaining("got 0");
        assertThatIllegalArgumentException().isThrownBy(() -> trial(0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> trial(1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> trial(1, 1, Double.NaN));
    }
}
