/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Growth is seen; in a short run of the program there is none. */
class SoakTest {

    private static final int SAMPLES = 40;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    /** Threads and file handles may not grow by one; memory by no more than native training's and the bounds. */
    @Tag("slow")
    @Test
    @EnabledOnOs(OS.LINUX)
    void aShortTrainingDoesNotGrow() throws Exception {
        boolean within = Soak.run(new Settings("steps=1600", "every=40"), out);

        assertThat(within).as(bytes.toString(StandardCharsets.UTF_8)).isTrue();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("steps of 4 passes", "| file handles |");
    }

    /** Samples in which one figure grows by so much each time. */
    private static List<Sample> growing(Figure grown, long by) {
        return LongStream.range(0, SAMPLES)
                .mapToObj(i -> {
                    List<Long> values = new ArrayList<>();
                    for (Figure figure : Figure.values()) {
                        values.add(100 + (figure == grown ? i * by : 0));
                    }
                    return new Sample(i, values);
                })
                .toList();
    }

    /** From the middle of the second quarter to that of the last are 20 samples of 40. */
    @ParameterizedTest
    @EnumSource
    void growthBeyondTheBoundIsSaid(Figure figure) {
        long tooMuch = (long) figure.bound() / 20 + 1;
        assertThat(figure.growth(growing(figure, tooMuch))).isEqualTo(20.0 * tooMuch);

        assertThat(Soak.print(growing(figure, tooMuch), growing(figure, 0), out))
                .isFalse();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("GROWTH: " + figure.title());
    }

    @ParameterizedTest
    @EnumSource
    void growthThatNativeTrainingHasIsAllowed(Figure figure) {
        long much = 1 + (long) figure.bound();
        assertThat(Soak.print(growing(figure, much), growing(figure, much), out))
                .isTrue();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).doesNotContain("GROWTH");
    }

    /** Where native training shrinks, one that stays as it is need not shrink as well. */
    @ParameterizedTest
    @EnumSource
    void nativeTrainingThatShrinksIsNoDebt(Figure figure) {
        assertThat(figure.isExceeded(growing(figure, 0), growing(figure, -1))).isFalse();
    }

    @Test
    void samplesSurviveTheirTextForm() {
        Sample sample = new Sample(7, List.of(1L, 2L, 3L, 4L, 5L));
        assertThat(sample).hasToString("7 1 2 3 4 5");
        assertThat(Sample.parse(sample.toString())).isEqualTo(sample);
        assertThatIllegalArgumentException().isThrownBy(() -> Sample.parse("7 1 2"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void systemsThatTellNothingAreNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Sample.requireReadable(Path.of("missing")))
                .withMessageContaining("needs Linux");
        assertThatCode(() -> Sample.requireReadable(Sample.SELF)).doesNotThrowAnyException();
    }

    @Test
    void tooFewSamplesAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Figure.HEAP.growth(growing(Figure.HEAP, 1).subList(0, 7)))
                .withMessageContaining("every=");
    }
}
