/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import au.com.bytecode.opencsv.CSVReader;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is suggested for curves whose steepest descent is known, and how a report is shown. */
class LearningRateReportTest {

    /** Rates 1e-4 ... 1 in 41 steps; the score as a function of the exponent. */
    private static LearningRateReport report(boolean diverged, DoubleUnaryOperator score) {
        List<LearningRateReport.Point> points = new ArrayList<>();
        for (int i = 0; i <= 40; i++) {
            double exponent = -4 + i / 10.0;
            double value = score.applyAsDouble(exponent);
            points.add(new LearningRateReport.Point(Math.pow(10, exponent), value, value));
        }
        return new LearningRateReport(points, diverged);
    }

    /** The logistic function falls fastest in its middle. */
    @Test
    void theSteepestDescentIsSuggested() {
        LearningRateReport report = report(false, e -> 1 / (1 + Math.exp(5 * (e + 2))));
        assertThat(report.suggestedRate()).hasValue(report.points().get(20).rate());
        assertThat(report.conclusion())
                .isEqualTo("Suggested learning rate: 0.010; the score did not diverge up to a rate of 1.0");
    }

    /** What comes before enough points are averaged, or behind the least score, is not looked at. */
    @Test
    void neitherTheBeginningNorWhatFollowsTheLeastScoreCounts() {
        LearningRateReport early = report(false, e -> e < -3.85 ? 10 - 10 * (e + 4) : 5 - e);
        assertThat(early.suggestedRate().orElseThrow()).isGreaterThan(1.9e-4);
        // Falls gently to -1, jumps up, and falls steeply from there without reaching as low.
        LearningRateReport late = report(true, e -> e <= -1 ? -e : 20 - 15 * (e + 1));
        assertThat(late.suggestedRate().orElseThrow()).isLessThan(0.1);
        assertThat(late.conclusion()).endsWith("the score diverged near a rate of 1.0");
    }

    /** A fall of 1 under deviations of a given size, alternately up and down. */
    private static LearningRateReport noisy(double size) {
        List<LearningRateReport.Point> points = new ArrayList<>();
        for (int i = 0; i <= 40; i++) {
            double smoothed = 2 - i / 40.0;
            points.add(new LearningRateReport.Point(
                    Math.pow(10, -4 + i / 10.0), smoothed + (i % 2 == 0 ? size : -size), smoothed));
        }
        return new LearningRateReport(points, false);
    }

    /** Deviations that alternate have bends of 4 times their size: their noise is 4 / sqrt(6) = 1.63 times it. */
    @Test
    void aFallThatDrownsInNoiseIsDoubted() {
        assertThat(noisy(0.2).isNoisy()).isFalse();
        assertThat(noisy(0.2).conclusion()).doesNotContain("swing");
        assertThat(noisy(0.4).isNoisy()).isTrue();
        assertThat(noisy(0.4).conclusion()).contains("swing as much as they fall", "larger windows");
    }

    @Test
    void whatFallsNowhereHasNoSuggestion() {
        assertThat(report(true, Math::exp).suggestedRate()).isEmpty();
        assertThat(report(false, e -> 1).suggestedRate()).isEmpty();
        assertThat(report(false, e -> 1).conclusion()).startsWith("No learning rate can be suggested");
        LearningRateReport one = new LearningRateReport(List.of(new LearningRateReport.Point(0.1, 1, 1)), true);
        assertThat(one.suggestedRate()).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> new LearningRateReport(List.of(), false));
    }

    @Test
    void tableAndCsvHaveALineForEachPoint() throws IOException {
        LearningRateReport report = new LearningRateReport(
                List.of(
                        new LearningRateReport.Point(1e-7, 0.6931, 0.7),
                        new LearningRateReport.Point(0.25, Double.NaN, Double.POSITIVE_INFINITY)),
                true);
        assertThat(report.table().lines())
                .containsExactly(
                        "       rate       score    smoothed",
                        "   1.00e-07      0.6931      0.7000",
                        "      0.250         NaN    Infinity");
        assertThat(report.toString()).startsWith(report.table()).endsWith(report.conclusion());
        StringBuilder csv = new StringBuilder();
        report.toCsv(csv);
        List<String[]> rows = new CSVReader(new StringReader(csv.toString())).readAll();
        assertThat(rows.get(0)).containsExactly("rate", "score", "smoothed");
        assertThat(rows.get(1)).containsExactly("1.0E-7", "0.6931", "0.7");
        assertThat(rows.get(2)).containsExactly("0.25", "NaN", "Infinity");
    }

    /** The mean height of the pixels of a color in a column, from 0 at the top; -1 if there are none. */
    private static double height(BufferedImage picture, int x, Color color) {
        return IntStream.range(0, picture.getHeight())
                .filter(y -> picture.getRGB(x, y) == color.getRGB())
                .average()
                .orElse(-1);
    }

    @Test
    void thePictureShowsTheCurveAndTheSuggestion(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("rates.png");
        LearningRateReport report = report(true, e -> e > -0.5 ? Double.NaN : 1 / (1 + Math.exp(5 * (e + 2))));
        report.toPng(file);
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(LearningRatePicture.WIDTH);
        PowerAxis axis = new PowerAxis(-4, 0);
        double left = height(picture, LearningRatePicture.x(axis, 1e-3), LearningRatePicture.SMOOTHED);
        double right = height(picture, LearningRatePicture.x(axis, 0.1), LearningRatePicture.SMOOTHED);
        assertThat(left).isPositive().isLessThan(right - 50);
        int suggested = LearningRatePicture.x(axis, 0.01);
        assertThat(height(picture, suggested, LearningRatePicture.SUGGESTED)).isPositive();
        assertThat(height(picture, suggested + 5, LearningRatePicture.SUGGESTED))
                .isEqualTo(-1);
    }
}
