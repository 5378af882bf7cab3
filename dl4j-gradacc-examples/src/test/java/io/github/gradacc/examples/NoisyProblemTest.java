/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.examples.LossSpikes.Way;
import io.github.gradacc.examples.MeanVersusSum.Gradients;
import io.github.gradacc.examples.MeanVersusSum.Outcome;
import io.github.gradacc.examples.TrainingLoop.Epoch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;

/** The two programs on the noisy binary problem. */
class NoisyProblemTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    /** Labels follow the circle for nine of ten points; shares of 4000 have a standard deviation below 0.008. */
    @Test
    void aTenthOfTheLabelsIsWrong() {
        DataSet data = NoisyBinary.draw(4000, 7);
        int right = 0;
        for (int i = 0; i < 4000; i++) {
            double x = data.getFeatures().getDouble(i, 0);
            double y = data.getFeatures().getDouble(i, 1);
            right += data.getLabels().getDouble(i, 0) == (x * x + y * y < 2 * Math.log(2) ? 1 : 0) ? 1 : 0;
        }
        assertThat(right / 4000.0).isCloseTo(0.9, within(0.03));
        assertThat(data.getLabels().meanNumber().doubleValue()).isCloseTo(0.5, within(0.03));
        assertThat(NoisyBinary.draw(50, 7)).isEqualTo(NoisyBinary.draw(50, 7)).isNotEqualTo(NoisyBinary.draw(50, 8));
    }

    @Tag("slow")
    @Test
    void theSpikesGo() {
        assertThat(stage.run("LossSpikes", "--picture=" + directory.resolve("spikes.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .anyMatch(line -> line.matches("batches of 4 +2000 .*"))
                .anyMatch(line -> line.matches("batches of 4, accumulated by 10 +200 .*"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(3);
        assertThat(directory.resolve("spikes.png")).isNotEmptyFile();
    }

    /** The second halves are 1, 3 and 2, 2. */
    @Test
    void variancesAreThoseOfTheSecondHalf() {
        Way way = new Way("", 4, List.of(9.0, 9.0, 1.0, 3.0));

        assertThat(way.mean()).isEqualTo(2);
        assertThat(way.variance()).isEqualTo(1);
        assertThat(way.largest()).isEqualTo(3);
    }

    @Test
    void spikesThatStayAreSaid() {
        Way spiky = new Way("4", 4, List.of(0.0, 0.0, 0.0, 10.0));
        Way calm = new Way("40", 40, List.of(0.0, 0.0, 4.0, 1.0));

        assertThat(LossSpikes.expectations(List.of(spiky, calm, calm))).allMatch(Expectation::met);
        assertThat(LossSpikes.expectations(List.of(calm, calm, spiky))).noneMatch(Expectation::met);
    }

    @Tag("slow")
    @Test
    void theMeanAndTheSumAreRelatedAsExpected() {
        assertThat(stage.run("MeanVersusSum", "--picture=" + directory.resolve("mean.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .anyMatch(line -> line.matches("80 +\\S+ +\\S+ +80\\.0+"))
                .anyMatch(line ->
                        line.matches("epoch +20 +train loss 0\\.\\d+ +train accuracy 0\\.\\d+ +test accuracy.*"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(6);
        assertThat(directory.resolve("mean.png")).isNotEmptyFile();
    }

    @Test
    void whatIsNotExpectedOfMeanAndSumIsSaid() {
        Outcome wrong = new Outcome(List.of(new Gradients(20, 1, 19)), 1e-3, 1e-9, 1);
        assertThat(MeanVersusSum.expectations(wrong)).hasSize(4).noneMatch(Expectation::met);
    }

    @Test
    void whatTheLoopDoesNotLearnIsSaid() {
        assertThat(TrainingLoop.expectations(List.of(new Epoch(1, 1, 0.5, 0.5), new Epoch(2, 0.9, 1, 1))))
                .hasSize(2)
                .noneMatch(Expectation::met);
    }

    /** 23 examples are batches of 5, 5, 5, 5 and 3: two steps an epoch. */
    @Test
    void theLoopStepsOnWhatIsLeftAndRenewsThePicture() throws Exception {
        Path picture = directory.resolve("loop.png");
        var network = MeanVersusSum.network(true, 0.1);
        DataSet train = NoisyBinary.draw(23, 1);
        double before = network.score(train);

        List<Epoch> first = new TrainingLoop(network, new Paper(stage.out(), picture)).run(train, train, 1);
        Files.setLastModifiedTime(picture, FileTime.fromMillis(0));
        List<Epoch> then = new TrainingLoop(network, new Paper(stage.out(), picture)).run(train, train, 2);

        assertThat(network.getIterationCount()).isEqualTo(3 * 2);
        assertThat(Files.getLastModifiedTime(picture).toMillis()).isPositive();
        assertThat(first).singleElement().satisfies(epoch -> {
            assertThat(epoch.number()).isEqualTo(1);
            // Batches are tallied as the loop comes to them, the last after a step.
            assertThat(epoch.trainLoss()).isCloseTo(before, within(0.05)).isNotEqualTo(before);
        });
        assertThat(then).extracting(Epoch::number).containsExactly(1, 2);
        assertThat(stage.printed().lines()).hasSize(3).allMatch(line -> line.startsWith("epoch   "));
    }

    /** The same sums, whatever the batches, and whether the score is a mean or a sum. */
    @Test
    void aTallyDoesNotDependOnTheBatches() {
        DataSet data = NoisyBinary.draw(23, 1);
        var network = MeanVersusSum.network(true, 0.1);
        Tally whole = new Tally();
        whole.add(network, data);
        Tally parts = new Tally();
        Tally sums = new Tally();
        for (int from = 0; from < 23; from += 7) {
            DataSet part = (DataSet) data.getRange(from, Math.min(from + 7, 23));
            parts.add(network, part);
            sums.add(MeanVersusSum.network(false, 0.1), part);
        }

        assertThat(whole.loss()).isEqualTo(network.score(data));
        assertThat(parts.loss()).isCloseTo(whole.loss(), within(1e-14));
        assertThat(sums.loss()).isCloseTo(whole.loss(), within(1e-14));
        assertThat(parts.accuracy()).isEqualTo(whole.accuracy()).isEqualTo(sums.accuracy());
        long positive = 0;
        for (int i = 0; i < 23; i++) {
            boolean found = network.output(data.getFeatures()).getDouble(i, 0) > 0;
            positive += found == (data.getLabels().getDouble(i, 0) == 1) ? 1 : 0;
        }
        assertThat(whole.accuracy()).isEqualTo(positive / 23.0);
    }
}
