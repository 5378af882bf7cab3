/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.listen.GradientNoiseScaleListener;
import io.github.gradacc.listen.LossPlotListener;
import io.github.gradacc.listen.NoiseScale;
import io.github.gradacc.listen.ProgressBarListener;
import io.github.gradacc.probe.LearningRateFinder;
import io.github.gradacc.probe.LearningRateReport;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** The snippets of docs/listeners.md and that of the README, run; what they print is caught. */
class ListenersTest {

    @TempDir
    Path directory;

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final DataSetIterator iterator = iterate(Batches.mlp());
    private final List<String> logged = new ArrayList<>();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private PrintStream before;

    @BeforeEach
    void catchErrors() {
        before = System.err;
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(before);
    }

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void progress() {
        // snippet
        network.addListeners(
                new ProgressBarListener.Builder(System.err).epochs(5).build());
        network.fit(iterator, 5);
        // end
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("epoch 5/5, step 8/8, ", "examples/s, score ");
    }

    @Test
    void lossCurves() throws IOException {
        MultiLayerNetwork other = Nets.init(Nets.mlp());
        // snippet
        var small = new LossPlotListener.Builder(directory.resolve("loss.png"))
                .title("Windows of 4 and of 40")
                .run("batches of 4")
                .every(50)
                .overExamples()
                .build();
        network.addListeners(small);
        other.addListeners(small.another("accumulated by 10")); // a second curve in the same chart
        // end
        network.fit(iterator);
        try (var trainer =
                GradientAccumulationTrainer.builder(other).accumulationSteps(10).build()) {
            trainer.fit(iterator);
        }
        assertThat(Files.readAllLines(directory.resolve("loss.csv"))).hasSize(1 + 8 + 1);
        assertThat(directory.resolve("loss.png")).exists();
    }

    @Test
    void gradientNoiseScale() {
        // snippet
        var noise = new GradientNoiseScaleListener();
        network.addListeners(noise);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(8)
                .build()) {
            trainer.fit(iterator, 5);
        }
        noise.latest().ifPresent(scale -> log(scale.toString())); // gradient noise scale at step 99, ...
        OptionalLong window = noise.latest().map(NoiseScale::suggestedWindow).orElse(OptionalLong.empty());
        // end
        assertThat(logged).singleElement().asString().startsWith("gradient noise scale at step 4, from 5 windows: ");
        assertThat(window.isPresent()).isEqualTo(!logged.get(0).contains("more than can be told"));
    }

    @Test
    void learningRate() throws IOException {
        // snippet
        LearningRateReport rates = LearningRateFinder.of(network)
                .accumulationSteps(8) // the windows you will train with
                .steps(50)
                .find(iterator);
        log(rates.conclusion()); // Suggested learning rate: ...
        rates.toPng(directory.resolve("rates.png"));
        rates.suggestedRate().ifPresent(network::setLearningRate);
        // end
        assertThat(logged).singleElement().asString().startsWith("Suggested learning rate: ");
        assertThat(network.getLearningRate(0)).isEqualTo(rates.suggestedRate().orElseThrow());
        assertThat(directory.resolve("rates.png")).exists();
    }

    @Test
    void readme() {
        // snippet
        var noise = new GradientNoiseScaleListener();
        network.setListeners(
                new ProgressBarListener(System.err),
                new LossPlotListener.Builder(directory.resolve("loss.png")).build(),
                noise); // noise.latest(): how many examples a window should have
        // end
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(2)
                .build()) {
            trainer.fit(iterator);
        }
        assertThat(noise.latest()).isPresent();
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("epoch 1, step 4");
        assertThat(directory.resolve("loss.csv")).exists();
    }
}
