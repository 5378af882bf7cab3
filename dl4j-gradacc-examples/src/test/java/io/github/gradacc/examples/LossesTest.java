/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.examples.Losses.Way;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LossesTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    @Tag("slow")
    @Test
    void findsWhatItExpects() {
        assertThat(stage.run("Losses", "--picture=" + directory.resolve("losses.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .anyMatch(line -> line.startsWith("NLL on log-softmax"))
                .anyMatch(line -> line.matches("12 +0\\.\\d+ +(0\\.9\\d|1\\.00)"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(11);
        assertThat(directory.resolve("losses.png")).isNotEmptyFile();
    }

    /** Nine ways, of which each is a little different from each other, and none of which learned anything. */
    @Test
    void whatIsNotExpectedIsSaid() {
        List<Way> ways = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            ways.add(new Way("" + i, List.of(1.0), 0.3, Nd4j.createFromArray(1e-9 * i)));
        }

        assertThat(Losses.expectations(ways)).hasSize(9).noneMatch(Expectation::met);
        assertThat(CtcToy.expectations(List.of(new CtcToy.Epoch(0, 1, 0.5), new CtcToy.Epoch(1, 1, 0.5))))
                .hasSize(2)
                .noneMatch(Expectation::met);
    }

    @Test
    void logSoftmaxIsTheLogarithmOfSoftmax() {
        INDArray logits = Nd4j.createFromArray(new double[][] {{0.5, -1, 2}, {1000, 0, 999}});
        INDArray logarithms = new LogSoftmax().getActivation(logits.dup(), true);

        double sum = Math.exp(0.5) + Math.exp(-1) + Math.exp(2);
        assertThat(logarithms.getRow(0).toDoubleVector())
                .containsExactly(
                        new double[] {0.5 - Math.log(sum), -1 - Math.log(sum), 2 - Math.log(sum)}, within(1e-14));
        double log = Math.log(1 + Math.exp(-1));
        assertThat(logarithms.getRow(1).toDoubleVector())
                .containsExactly(new double[] {-log, -1000 - log, -1 - log}, within(1e-12));
    }

    /** Differences of 1e-5 have an error of 1e-10, rounding 1e-11. */
    @Test
    void theGradientOfLogSoftmaxIsItsSlope() {
        INDArray logits = Nd4j.createFromArray(new double[][] {{0.5, -1, 2}});
        INDArray epsilon = Nd4j.createFromArray(new double[][] {{0.3, -0.7, 1.1}});
        INDArray gradient = new LogSoftmax().backprop(logits.dup(), epsilon).getFirst();

        for (int i = 0; i < 3; i++) {
            double slope = (moved(logits, epsilon, i, 1e-5) - moved(logits, epsilon, i, -1e-5)) / 2e-5;
            assertThat(gradient.getDouble(0, i)).isCloseTo(slope, within(1e-9));
        }
    }

    private static double moved(INDArray logits, INDArray epsilon, int i, double by) {
        INDArray moved = logits.dup().putScalar(0, i, logits.getDouble(0, i) + by);
        return new LogSoftmax()
                .getActivation(moved, true)
                .muli(epsilon)
                .sumNumber()
                .doubleValue();
    }

    @Test
    void pointsAreRepeatedAndLeftOut() {
        Blobs points = Blobs.draw(12, 1);
        Blobs twice = points.repeating(1, 2);
        Blobs some = points.ignoringEveryFourth();

        assertThat(twice.size()).isEqualTo(16);
        assertThat(twice.oneHot().getLabels().sum(0).toDoubleVector()).containsExactly(4, 8, 4);
        assertThat(twice.indices().getFeatures().getRow(1))
                .isEqualTo(twice.indices().getFeatures().getRow(2));
        assertThat(some.indices().getLabels().toDoubleVector())
                .containsExactly(-100, 1, 2, 0, -100, 2, 0, 1, -100, 0, 1, 2);
        assertThat(some.withoutIgnored().indices().getLabels().toDoubleVector())
                .containsExactly(1, 2, 0, 2, 0, 1, 0, 1, 2);
        assertThat(some.withoutIgnored().indices().getFeatures().getRow(3))
                .isEqualTo(points.indices().getFeatures().getRow(5));
    }

    /** Class by time step: 0 is the blank, which separates equal tokens. */
    @Test
    void readingDropsRepetitionsAndThenBlanks() {
        assertThat(Sequences.read(logits(0, 2, 2, 0, 2, 3, 3, 0))).isDeepEqualTo(new int[][] {{2, 2, 3}});
        assertThat(Sequences.read(logits(0, 0))).isDeepEqualTo(new int[][] {{}});
        assertThat(Sequences.read(logits(4))).isDeepEqualTo(new int[][] {{4}});
    }

    /** Written without noise they would be read off the channels: the mean of a token's channels is near 1. */
    @Test
    void sequencesAreAsLongAsTheirTargetsSay() {
        Sequences sequences = Sequences.draw(30, 1);

        assertThat(sequences.features().shape()).containsExactly(30, Sequences.CHANNELS, Sequences.TIME_STEPS);
        for (int i = 0; i < 30; i++) {
            int[] target = sequences.target(i);
            assertThat(IntStream.of(target)).hasSizeBetween(2, 3).allMatch(token -> token >= 1 && token <= 4);
            // Two channels for each token, two to four time steps each; noise adds up to about 2.6.
            double ink = sequences.features().slice(i).sumNumber().doubleValue();
            assertThat(ink).isBetween(4.0 * target.length - 10, 8.0 * target.length + 10);
        }
    }

    private static INDArray logits(int... classes) {
        INDArray logits = Nd4j.zeros(1, Sequences.CLASSES, classes.length);
        for (int t = 0; t < classes.length; t++) {
            logits.putScalar(0, classes[t], t, 1);
        }
        return logits;
    }
}
