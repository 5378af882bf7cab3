/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

/** What is printed, where and when, at times that the test sets: each step takes two seconds. */
class ProgressBarListenerTest {

    private static final long STEP_NANOS = 2_000_000_000;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private long now;

    private final TrainingListener clock = new BaseTrainingListener() {
        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            now += STEP_NANOS;
        }
    };

    private ProgressBarListener.Builder builder() {
        return new ProgressBarListener.Builder(out).clock(() -> now);
    }

    private ProgressBarListener.Builder lines() {
        return builder().lines().interval(Duration.ZERO);
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The printed lines with the scores taken out, which depend on the network. */
    private List<String> printedLines() {
        return printed()
                .lines()
                .map(line -> line.replaceAll("score [0-9.e-]+", "score *"))
                .toList();
    }

    private <T extends Model> void accumulate(NetworkClass<T> type, ProgressBarListener listener, int epochs) {
        T network = type.init(Nets.mlp());
        network.setListeners(clock, listener);
        try (var trainer = type.builder(network).accumulationSteps(3).build()) {
            trainer.fit(iterate(Batches.mlp()), epochs);
        }
    }

    private <T extends Model> void fitWindows(NetworkClass<T> type, ProgressBarListener listener, int epochs) {
        T network = type.init(Nets.mlp());
        network.setListeners(clock, listener);
        type.fit(network, iterate(Data.windows(Batches.mlp(), 3)), epochs);
    }

    /** Windows of 12, 9 and 8 examples. The end of the first epoch is not known; the second is as long as the first. */
    @EachNetworkClass
    <T extends Model> void stepsAreWindows(NetworkClass<T> type) {
        accumulate(type, lines().build(), 2);
        List<String> expected = List.of(
                "epoch 1, step 1, 6 examples/s, score *",
                "epoch 1, step 2, 5 examples/s, score *",
                "epoch 1, step 3, 5 examples/s, score *",
                "epoch 1, step 3, 5 examples/s, score *",
                "epoch 2, step 1/3, 6 examples/s, score *, ETA 0:00:04",
                "epoch 2, step 2/3, 5 examples/s, score *, ETA 0:00:02",
                "epoch 2, step 3/3, 5 examples/s, score *, ETA 0:00:00",
                "epoch 2, step 3/3, 5 examples/s, score *, ETA 0:00:00");
        assertThat(printedLines()).isEqualTo(expected);
        bytes.reset();
        fitWindows(type, lines().build(), 2);
        assertThat(printedLines()).as("natively").isEqualTo(expected);
    }

    /** 3 steps in each of 700 epochs, of which one has passed: 699 * 6 seconds are left. */
    @EachNetworkClass
    <T extends Model> void whatIsKnownBeforehandIsShown(NetworkClass<T> type) {
        accumulate(type, lines().epochs(700).stepsPerEpoch(3).build(), 1);
        assertThat(printedLines())
                .contains("epoch 1/700, step 1/3, 6 examples/s, score *, ETA 1:09:58")
                .endsWith("epoch 1/700, step 3/3, 5 examples/s, score *, ETA 1:09:54");
    }

    @EachNetworkClass
    <T extends Model> void theScoreIsThatOfTheStep(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        network.setListeners(lines().build());
        DataSet batch = Batches.mlp().get(0);
        type.fit(network, batch);
        assertThat(printed()).contains("training, step 1, ").contains(String.format("score %.4g", network.score()));
    }

    /** An estimate that turns out too small is no reason to show 3/2. */
    @EachNetworkClass
    <T extends Model> void anEpochMayBeLongerThanWasSaid(NetworkClass<T> type) {
        accumulate(type, lines().stepsPerEpoch(2).build(), 1);
        assertThat(printedLines()).anyMatch(line -> line.startsWith("epoch 1, step 1/2"));
        assertThat(printedLines())
                .last()
                .asString()
                .startsWith("epoch 1, step 3/3")
                .endsWith("ETA 0:00:00");
    }

    /** Every five seconds: after steps 3 (at 6 s) and 6 (at 12 s); and at the ends of epochs. */
    @Test
    void linesKeepTheirDistance() {
        accumulate(
                NetworkClass.LAYERS,
                builder().lines().interval(Duration.ofSeconds(5)).build(),
                2);
        assertThat(printedLines()).hasSize(4);
        assertThat(printedLines().get(2)).startsWith("epoch 2, step 3/3");
        bytes.reset();
        accumulate(NetworkClass.LAYERS, builder().lines().build(), 2);
        assertThat(printedLines()).as("within ten seconds at the ends only").hasSize(2);
    }

    /** The library draws a bar for each epoch, and leaves each when it is complete. */
    @EachNetworkClass
    <T extends Model> void aBarForEachEpoch(NetworkClass<T> type) {
        accumulate(type, builder().bar().epochs(2).stepsPerEpoch(3).build(), 2);
        List<String> drawn = Arrays.asList(printed().split("[\r\n]+", -1));
        assertThat(drawn).anyMatch(bar -> bar.startsWith("epoch 1/2 100%") && bar.contains("3/3"));
        assertThat(drawn)
                .anyMatch(bar -> bar.startsWith("epoch 2/2 100%")
                        && bar.contains("3/3")
                        && bar.contains("5 examples/s, score "));
        assertThat(drawn)
                .as("in 80 columns")
                .anyMatch(bar -> bar.matches("epoch 2/2 100% \\[={8}\\] 3/3 .*score [^,]+, ETA 0:00:00 *"));
    }

    /** Training was broken off; the bar ends, and the next training has another. */
    @Test
    void closeEndsTheBar() {
        ProgressBarListener listener = builder().bar().build();
        var network = Nets.init(Nets.mlp());
        network.setListeners(clock, listener);
        network.fit(Batches.mlp().get(0));
        listener.close();
        assertThat(printed()).contains("training").endsWith(System.lineSeparator());
        int length = bytes.size();
        listener.close();
        assertThat(bytes.size()).isEqualTo(length);
        network.fit(Batches.mlp().get(0));
        listener.close();
        assertThat(bytes.size()).isGreaterThan(length);
    }

    /** The tests run without a terminal. */
    @Test
    void whereNobodyWatchesThereAreLines() {
        var network = Nets.init(Nets.mlp());
        network.setListeners(new ProgressBarListener(out));
        network.fit(iterate(Batches.mlp()));
        assertThat(printed().lines()).singleElement().asString().startsWith("epoch 1, step 8, ");
    }

    @Test
    void badSettingsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProgressBarListener(null))
                .withMessageContaining("System.err");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().epochs(0))
                .withMessageContaining("epochs must be at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().stepsPerEpoch(-1))
                .withMessageContaining("stepsPerEpoch must be at least 1, got -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().interval(Duration.ofSeconds(-1)))
                .withMessageContaining("PT-1S");
    }

    @Test
    void withoutTheLibraryTheErrorNamesIt() throws ReflectiveOperationException {
        try (var hidden = new WithoutLibrary("me.tongfei.")) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> hidden.create(ProgressBarListener.class, PrintStream.class, out))
                    .withMessageContainingAll("ProgressBarListener", "me.tongfei:progressbar", "Builder.lines()");
            Object builder = hidden.create(ProgressBarListener.Builder.class, PrintStream.class, out);
            builder.getClass().getMethod("lines").invoke(builder);
            assertThat(builder.getClass().getMethod("build").invoke(builder)).isInstanceOf(TrainingListener.class);
        }
    }
}
