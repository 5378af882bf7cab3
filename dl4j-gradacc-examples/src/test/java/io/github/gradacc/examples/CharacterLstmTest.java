/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CharacterLstmTest {

    private static final String TEXT = "the cat sat on the mat. ".repeat(10);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Tag("slow")
    @Test
    void trainingLowersTheLoss() {
        Alphabet alphabet = Alphabet.of(TEXT);
        MultiLayerNetwork network = CharacterNetwork.create(alphabet.size(), 16, 10);
        List<Double> shown = new ArrayList<>();

        List<Double> losses = CharacterLstm.train(network, TEXT, alphabet, 20, shown::add);

        assertThat(shown).hasSize(20).isEqualTo(losses);
        // At first every character is about as likely as any other.
        assertThat(losses.get(0)).isCloseTo(Math.log(alphabet.size()), within(0.6));
        assertThat(losses.get(19)).isLessThan(losses.get(0) / 2);
        // A sequence of 160 characters and one of 79 are one window, and the longer has 16 segments.
        assertThat(network.getIterationCount()).isEqualTo(20 * 16);
    }

    @Test
    void printsLossesAndSamples() throws Exception {
        assertThat(run("1")).isZero();

        List<String> lines = text(out).lines().toList();
        assertThat(lines.get(0)).matches("6770 characters, 56 different; \\d+ optimizer steps\\. Loss of each epoch.*");
        assertThat(lines.get(1)).matches(" +1 to 1: +\\d\\.\\d{3}");
        assertThat(lines).contains("--- temperature 0.3 ---", "--- temperature 0.7 ---", "--- temperature 1.0 ---");
        assertThat(text(out)).hasSizeGreaterThan(3 * CharacterLstm.SAMPLE);
        assertThat(lines.stream().filter(line -> line.startsWith("Shall I "))).hasSizeGreaterThanOrEqualTo(3);
        assertThat(text(err)).contains("Training", "100%", "nats per character");

        // The colder, the more often the likeliest characters.
        List<Long> different = Stream.of("0.3", "0.7", "1.0")
                .map(temperature -> sample(temperature).chars().distinct().count())
                .toList();
        assertThat(different).isSorted().doesNotHaveDuplicates();
    }

    private String sample(String temperature) {
        String heading = "--- temperature " + temperature + " ---";
        String printed = text(out);
        int from = printed.indexOf(heading) + heading.length();
        int to = printed.indexOf("--- temperature", from);
        return printed.substring(from, to < 0 ? printed.length() : to).strip();
    }

    @Test
    void aWrongArgumentIsOneLineAndStatusTwo() throws Exception {
        for (String[] wrong : new String[][] {{"0"}, {"-3"}, {"many"}, {""}, {"1", "2"}, {"1000000"}}) {
            err.reset();
            assertThat(run(wrong)).isEqualTo(2);
            assertThat(text(err))
                    .isEqualTo("CharacterLstm: Expected one argument at most, the number of epochs (1 to 999999), got: "
                            + String.join(" ", wrong) + System.lineSeparator());
        }
        assertThat(text(out)).isEmpty();
    }

    private int run(String... args) throws Exception {
        return CharacterLstm.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
