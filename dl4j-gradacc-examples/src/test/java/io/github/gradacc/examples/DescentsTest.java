/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.examples.LearningRateSweep.Descent;
import io.github.gradacc.examples.Momentum.Way;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** The two programs about y = 4 x^2. */
class DescentsTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    /** y' = 8 x, so that x is halved by each step of rate 1/16: exact in binary. */
    @Test
    void stepsOfGradientDescentAreThoseOfPaper() {
        assertThat(Parabola.descend(new Sgd(1.0 / 16), 4)).containsExactly(2.0, 1.0, 0.5, 0.25, 0.125);
        assertThat(Parabola.y(0.5)).isEqualTo(1);
    }

    /**
     * Nesterov momentum 1/2 at rate 1/16, in DL4J's form: v becomes v/2 - g/16, and x moves by -v/2 + 3/2 v'. From 2
     * the gradients are 16 and then 4.
     */
    @Test
    void theUpdaterKeepsItsState() {
        assertThat(Parabola.descend(new Nesterovs(1.0 / 16, 0.5), 2)).containsExactly(2.0, 0.5, -0.125);
    }

    @Test
    void theSweepFindsWhatItExpects() {
        assertThat(stage.run("LearningRateSweep", "--picture=" + directory.resolve("sweep.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .anyMatch(line -> line.matches("0\\.0100 +1\\.840 +1\\.693 +.*0\\.9200"))
                .anyMatch(line -> line.matches("0\\.2500 +-2\\.000 +2\\.000 +2\\.0e\\+00 +1\\.6e\\+01 +1\\.0000"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(6);
        assertThat(directory.resolve("sweep.png")).isNotEmptyFile();
        assertThat(directory.resolve("learningratefinder.png")).isNotEmptyFile();
    }

    @Test
    void aRateThatIsNotTheBestIsSeen() {
        assertThat(NetworkRate.expectations(List.of(2.0, 0.1, Double.NaN)))
                .extracting(Expectation::met)
                .containsExactly(true, true);
        assertThat(NetworkRate.expectations(List.of(0.1, 0.1, 0.1)))
                .extracting(Expectation::met)
                .containsExactly(false, false);
        assertThat(NetworkRate.expectations(List.of(2.0, Double.NaN, 3.0)))
                .extracting(Expectation::met)
                .containsExactly(false, false);
    }

    @Test
    void theSweepSeesWhatIsNotAsExpected() {
        Descent right = new Descent(0.3, List.of(2.0, -2.8));
        Descent creeping = new Descent(0.2, List.of(2.0, -1.2));
        Descent frozen = new Descent(0.1, List.of(2.0, 2.0));

        assertThat(LearningRateSweep.expectations(List.of(creeping, right)))
                .extracting(Expectation::met)
                .containsExactly(true, true, false, true);
        assertThat(LearningRateSweep.expectations(List.of(frozen)))
                .extracting(Expectation::met)
                .containsExactly(false, false, false, false);
    }

    @Test
    void momentumFindsWhatItExpects() {
        assertThat(stage.run("Momentum", "--picture=" + directory.resolve("momentum.png")))
                .as(stage.printed())
                .isZero();

        assertThat(stage.printed().lines())
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(9);
        assertThat(directory.resolve("momentum.png")).isNotEmptyFile();
    }

    /** A way that does not swing at all in the place of one with momentum. */
    @Test
    void momentumSeesWhatIsNotAsExpected() {
        Way plain = new Way("Sgd", 0.05, 0.6, List.of(2.0, 1.2, 0.72));

        assertThat(Momentum.expectations(List.of(plain, plain, plain)))
                .extracting(Expectation::met)
                .containsExactly(true, true, false, false, true);
        Way swings = new Way("Sgd", 0.05, 0.9, List.of(2.0, -0.1, 0.05, -0.03));
        assertThat(Momentum.expectations(List.of(swings, plain, swings)).subList(0, 2))
                .extracting(Expectation::met)
                .containsExactly(false, false);
    }
}
