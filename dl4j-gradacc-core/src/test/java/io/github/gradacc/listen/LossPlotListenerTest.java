/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import au.com.bytecode.opencsv.CSVReader;
import io.github.gradacc.store.AtomicFile;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

/** The two files of a plot: what is in them, when they are written, and that nobody sees half of one. */
class LossPlotListenerTest {

    @TempDir
    Path directory;

    private Path picture() {
        return directory.resolve("loss.png");
    }

    private List<String[]> csv() throws IOException {
        try (var reader = new CSVReader(Files.newBufferedReader(directory.resolve("loss.csv")))) {
            return reader.readAll();
        }
    }

    private List<String> column(int number) throws IOException {
        return csv().stream().skip(1).map(line -> line[number]).toList();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static LossRun run(double... scores) {
        LossRun run = new LossRun("run");
        for (double score : scores) {
            run.add(10, score);
        }
        return run;
    }

    /** Two runs in one chart: accumulated, and natively on the windows. */
    @EachNetworkClass
    <T extends Model> void theScoreOfEachStepOfEachRun(NetworkClass<T> type) throws IOException {
        List<Double> scores = new ArrayList<>();
        LossPlotListener first = new LossPlotListener.Builder(picture())
                .run("accumulated, \"k = 3\"")
                .build();
        T ours = type.init(Nets.mlp());
        ours.setListeners(first, new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                scores.add(model.score());
            }
        });
        try (var trainer = type.builder(ours).accumulationSteps(3).build()) {
            trainer.fit(iterate(Batches.mlp()), 2);
        }
        T reference = type.init(Nets.mlp());
        reference.setListeners(first.another("natively"));
        type.fit(reference, iterate(Data.windows(Batches.mlp(), 3)), 2);

        assertThat(csv().get(0)).containsExactly("run", "step", "examples", "score");
        assertThat(column(0)).hasSize(12);
        assertThat(column(0).subList(0, 6)).containsOnly("accumulated, \"k = 3\"");
        assertThat(column(0).subList(6, 12)).containsOnly("natively");
        assertThat(column(1)).containsExactly("1", "2", "3", "4", "5", "6", "1", "2", "3", "4", "5", "6");
        List<String> examples = List.of("12", "21", "29", "41", "50", "58");
        assertThat(column(2).subList(0, 6)).isEqualTo(examples);
        assertThat(column(2).subList(6, 12)).isEqualTo(examples);
        for (int i = 0; i < 6; i++) {
            assertThat(column(3).get(i)).isEqualTo(String.valueOf(scores.get(i)));
            assertClose("score", Double.parseDouble(column(3).get(6 + i)), scores.get(i), DOUBLE);
        }
        BufferedImage image = ImageIO.read(picture().toFile());
        assertThat(image.getWidth()).isEqualTo(LossPicture.WIDTH);
        assertThat(image.getHeight()).isEqualTo(LossPicture.HEIGHT);
        assertThat(files()).containsExactly("loss.csv", "loss.png");
    }

    @Test
    void filesAreRenewedEverySoManySteps() throws IOException {
        var network = Nets.init(Nets.mlp());
        network.setListeners(new LossPlotListener.Builder(picture()).every(3).build());
        List<Integer> written = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            network.fit(Batches.mlp().get(i));
            written.add(files().isEmpty() ? 0 : column(1).size());
        }
        assertThat(written).containsExactly(0, 0, 3, 3, 3, 6, 6, 6);
    }

    @Test
    void theChartHasACurveForEachRun() {
        XYChart steps = LossPicture.chart("Iris", false, List.of(run(3, 2, 4)));
        assertThat(steps.getTitle()).isEqualTo("Iris");
        assertThat(steps.getSeries("run").getXData()).containsExactly(1, 2, 3);
        assertThat(steps.getSeries("run").getYData()).containsExactly(3, 2, 4);
        XYChart examples = LossPicture.chart("Iris", true, List.of(run(3, 2, 4)));
        assertThat(examples.getSeries("run").getXData()).containsExactly(10, 20, 30);
    }

    /** A run that has nothing to draw yet, or nothing any more, does not keep the others from being drawn. */
    @Test
    void whatIsNotFiniteIsLeftOut() throws IOException {
        XYChart chart = LossPicture.chart("x", false, List.of(run(1, Double.NaN, 2, Double.POSITIVE_INFINITY)));
        assertThat(chart.getSeries("run").getXData()).containsExactly(1, 3);
        assertThat(LossPicture.chart("x", false, List.of(run(Double.NaN))).getSeriesCollection())
                .isEmpty();
        new LossPlotListener.Builder(picture()).build().write();
        assertThat(ImageIO.read(picture().toFile())).isNotNull();
        assertThat(csv()).hasSize(1);
    }

    /** 10,000 steps with one spike up and one down. */
    @Test
    void spikesAreDrawnHoweverManySteps() {
        double[] scores = IntStream.range(0, 10_000).mapToDouble(i -> 1).toArray();
        scores[4321] = 7;
        scores[4322] = -7;
        scores[9999] = 2;
        List<LossRun.Point> drawn = run(scores).drawn(100);
        assertThat(drawn)
                .hasSizeBetween(50, 100)
                .extracting(LossRun.Point::step)
                .isSorted();
        assertThat(drawn)
                .contains(
                        new LossRun.Point(4322, 43_220, 7),
                        new LossRun.Point(4323, 43_230, -7),
                        new LossRun.Point(10_000, 100_000, 2));
        assertThat(run(scores).drawn(10_000)).hasSize(10_000);
    }

    /** While it is being written, and if that fails, the old file is there. */
    @Test
    void aFileIsReplacedAsAWhole() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "old");
        AtomicFile.replace(file, out -> {
            out.write("new".getBytes(StandardCharsets.UTF_8));
            out.flush();
            assertThat(file).hasContent("old");
        });
        assertThat(file).hasContent("new");
        assertThatIOException()
                .isThrownBy(() -> AtomicFile.replace(file, out -> {
                    out.write("half".getBytes(StandardCharsets.UTF_8));
                    throw new IOException("disk full");
                }))
                .withMessage("disk full");
        assertThat(file).hasContent("new");
        assertThat(files()).containsExactly("file");
    }

    /** It is said once, and training goes on. */
    @Test
    void aFileThatCannotBeWrittenDoesNotEndTraining() throws IOException {
        Path gone = Files.createDirectory(directory.resolve("gone"));
        LossPlotListener listener =
                new LossPlotListener.Builder(gone.resolve("loss.png")).every(1).build();
        Files.delete(gone);
        var network = Nets.init(Nets.mlp());
        network.setListeners(listener);
        try (LogLines log = new LogLines("io.github.gradacc.listen")) {
            network.fit(iterate(Batches.mlp()), 2);
            assertThat(log.warnings()).singleElement().asString().contains("loss.png", "training goes on");
        }
        assertThat(network.getIterationCount()).isEqualTo(16);
        assertThatIOException().isThrownBy(listener::write);
    }

    @Test
    void badSettingsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LossPlotListener.Builder(directory.resolve("loss.jpg")))
                .withMessageContaining("loss.jpg");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LossPlotListener.Builder(null))
                .withMessageContaining("null");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new LossPlotListener.Builder(directory.resolve("none").resolve("loss.png")))
                .withMessageContaining("no such directory");
        var builder = new LossPlotListener.Builder(picture());
        assertThatIllegalArgumentException().isThrownBy(() -> builder.every(0)).withMessageContaining("got 0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.run(" ")).withMessageContaining("name");
        LossPlotListener listener = builder.run("a").build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> listener.another("a"))
                .withMessageContaining("'a' is taken");
    }

    @Test
    void withoutTheLibraryTheErrorNamesIt() throws ReflectiveOperationException {
        try (var hidden = new WithoutLibrary("org.knowm.")) {
            Object builder = hidden.create(LossPlotListener.Builder.class, Path.class, picture());
            assertThatIllegalStateException()
                    .isThrownBy(() -> {
                        try {
                            builder.getClass().getMethod("build").invoke(builder);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    })
                    .withMessageContainingAll("LossPlotListener", "org.knowm.xchart:xchart");
        }
    }
}
