/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TextSamplerTest {

    private static final int DRAWS = 20_000;
    private static final double[] PROBABILITIES = {0.5, 0.0, 0.1, 0.4};

    private final Alphabet alphabet = new Alphabet("\n abcdefg");
    private final TextSampler sampler = new TextSampler(CharacterNetwork.create(alphabet.size(), 5, 3), alphabet);

    @Test
    void writesCharactersOfTheAlphabet() {
        String text = sampler.write("abc", 200, 1.0, 1);

        assertThat(text).hasSize(200).matches("[\n a-g]*");
        assertThat(text.chars().distinct().count()).isGreaterThan(1);
    }

    @Test
    void theSameSeedWritesTheSameText() {
        String text = sampler.write("abc", 50, 1.0, 7);

        assertThat(sampler.write("abc", 50, 1.0, 7)).isEqualTo(text);
        assertThat(sampler.write("abc", 50, 1.0, 8)).isNotEqualTo(text);
    }

    @Test
    void aColdTextIsTheLikeliestWhateverTheSeed() {
        assertThat(sampler.write("abc", 50, 1e-9, 8)).isEqualTo(sampler.write("abc", 50, 1e-9, 7));
    }

    /** Reads the state of the network: without one, what comes after "ab" and after "gb" would be equally likely. */
    @Test
    void readsTheWholeBeginning() {
        String cold = sampler.write("ggggggb", 80, 0.01, 7);

        assertThat(sampler.write("aaaaaab", 80, 0.01, 7)).isNotEqualTo(cold);
    }

    @Test
    void temperatureOneDrawsTheProbabilities() {
        assertThat(frequencies(1.0)).containsExactly(PROBABILITIES, within(0.02));
    }

    @Test
    void temperatureTwoDrawsTheirRoots() {
        double sum = Math.sqrt(0.5) + Math.sqrt(0.1) + Math.sqrt(0.4);

        assertThat(frequencies(2.0))
                .containsExactly(
                        new double[] {Math.sqrt(0.5) / sum, 0, Math.sqrt(0.1) / sum, Math.sqrt(0.4) / sum},
                        within(0.02));
    }

    @Test
    void coldDrawsTheLikeliest() {
        assertThat(frequencies(1e-9)).containsExactly(new double[] {1, 0, 0, 0}, within(1e-9));
    }

    @Test
    void refusesAnEmptyBeginningAndTemperaturesThatAreNotPositive() {
        assertThatIllegalArgumentException().isThrownBy(() -> sampler.write("", 5, 1, 1));
        for (double temperature : new double[] {0, -1, Double.NaN}) {
            assertThatIllegalArgumentException().isThrownBy(() -> sampler.write("a", 5, temperature, 1));
        }
    }

    /** The standard deviation of a frequency is at most 0.5 / sqrt(20000) = 0.0035. */
    private static double[] frequencies(double temperature) {
        Random random = new Random(3);
        double[] frequencies = new double[PROBABILITIES.length];
        for (int i = 0; i < DRAWS; i++) {
            frequencies[TextSampler.draw(PROBABILITIES, temperature, random)] += 1.0 / DRAWS;
        }
        return frequencies;
    }
}
