/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.NetworkClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** The lines of the tables in docs/updaters.md stand here too: compiled, run, and compared with the document. */
class DocumentationTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "updaters.md");
    private static final Path SOURCE =
            Path.of("src", "test", "java", "io", "github", "gradacc", "updater", "DocumentationTest.java");

    /** A row: PyTorch's line, what the network's builder is told, and perhaps what each layer's is told. */
    private static final Pattern LINE =
            Pattern.compile("(?m)^\\|[^|]*\\| `(\\.[^`]*)` \\| (?:`(\\.[^`]*)` )?\\|[^|]*\\|$");

    private static final Pattern SCHEDULE = Pattern.compile("(?m)^\\|.*\\| `((?:new |BatchScaled\\.)[^`]*)` \\|$");

    record Line(UnaryOperator<NeuralNetConfiguration.Builder> settings, Consumer<OutputLayer.Builder> layer) {}

    private static Line line(UnaryOperator<NeuralNetConfiguration.Builder> settings) {
        return new Line(settings, layer -> {});
    }

    private static List<Line> lines(ISchedule schedule) {
        return List.of(
                // begin of the documented lines
                line(it -> it.updater(new Sgd(0.1))),
                line(it -> it.updater(new Sgd(0.1)).l2(1e-4)),
                line(it -> it.updater(new SgdMomentum(0.1).withMomentum(0.9))),
                line(it -> it.updater(new SgdMomentum(0.1).withMomentum(0.9).withDampening(0.5))),
                line(it -> it.updater(new Nesterovs(0.1, 0.9))),
                line(it ->
                        it.updater(new SgdMomentum(schedule).withMomentum(0.9).withNesterov(true))),
                line(it -> it.updater(new SgdMomentum(0.1).withMaximize(true))),
                line(it -> it.updater(new AdamTorch())),
                line(it -> it.updater(new AdamTorch(0.01).withBetas(0.8, 0.99).withEps(1e-6))
                        .l2(1e-4)),
                line(it -> it.updater(new AdamTorch().withAmsgrad(true))),
                new Line(it -> it.updater(new AdamTorch()), layer -> layer.weightDecay(0.01)),
                line(it -> it.updater(new RmsPropTorch())),
                line(it -> it.updater(new RmsPropTorch(0.01)
                        .withAlpha(0.9)
                        .withEps(1e-6)
                        .withMomentum(0.9)
                        .withCentered(true))),
                line(it -> it.updater(new AdagradTorch(0.05)
                        .withLrDecay(0.1)
                        .withInitialAccumulator(0.1)
                        .withEps(1e-8))),
                line(it -> it.updater(new Rprop(0.01).withEtas(0.5, 1.2).withStepSizes(1e-6, 50))),
                line(it -> it.updater(new AveragedSgd(0.01)
                                .withLambd(1e-4)
                                .withAlpha(0.75)
                                .withT0(1e6))
                        .l2(1e-4)
                        .l2Bias(1e-4)),
                line(it -> it.updater(new RAdam(1e-3).withBetas(0.9, 0.999).withEps(1e-8))),
                new Line(it -> it.updater(new Lion(1e-4).withBetas(0.9, 0.99)), layer -> layer.weightDecay(0.1)),
                line(it -> it.updater(new AdaBelief(1e-3).withBetas(0.9, 0.999).withEps(1e-16)))
                // end of the documented lines
                );
    }

    private static List<ISchedule> schedules(ISchedule schedule) {
        return List.of(
                // begin of the documented schedules
                new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 1000),
                new LinearWarmUp(schedule, 500, 1.0 / 3),
                new CosineWarmUp(schedule, 500, 0.0),
                new CosineRestarts(0.1, 1000).withGrowth(2).withMin(1e-4),
                new CosineRestarts(0.1, 90_000),
                new OneCycle(0.1, 90_000).withPctStart(0.3).withDivFactor(25).withFinalDivFactor(1e4),
                BatchScaled.linear(schedule, 256, 8192),
                BatchScaled.squareRoot(schedule, 256, 8192)
                // end of the documented schedules
                );
    }

    private static List<MatchResult> rows(Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(DOCUMENT)).results().toList();
    }

    /** The formatter breaks lines; only white space may differ. */
    private static String marked(String what) throws IOException {
        String source = Files.readString(SOURCE);
        String marked = source.substring(
                source.indexOf("// begin of the documented " + what),
                source.indexOf("// end of the documented " + what));
        return marked.substring(marked.indexOf('\n')).replaceAll("\\s", "");
    }

    @Test
    void everyDocumentedLineStandsInThisTest() throws IOException {
        List<String> inDocument = new ArrayList<>();
        for (MatchResult row : rows(LINE)) {
            inDocument.add(
                    row.group(2) == null
                            ? "line(it->it" + row.group(1) + ")"
                            : "newLine(it->it" + row.group(1) + ",layer->layer" + row.group(2) + ")");
        }
        assertThat(inDocument).hasSize(19);
        assertThat(marked("lines")).isEqualTo(String.join(",", inDocument).replaceAll("\\s", ""));
    }

    @Test
    void everyDocumentedScheduleStandsInThisTest() throws IOException {
        List<String> inDocument =
                rows(SCHEDULE).stream().map(row -> row.group(1)).toList();
        assertThat(inDocument).hasSize(8);
        assertThat(marked("schedules")).isEqualTo(String.join(",", inDocument).replaceAll("\\s", ""));
    }

    /** A step of each moves parameters, by no more than it should. */
    @Test
    void everyDocumentedLineTrains() {
        for (Line line : lines(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 1000))) {
            MultiLayerNetwork network =
                    FunctionLoss.network(NetworkClass.LAYERS, TestFunction.QUADRATIC, line.settings(), line.layer());
            network.fit(FunctionLoss.batch(2));
            double[] moved = FunctionLoss.parameters(network);
            for (int i = 0; i < 3; i++) {
                assertThat(Math.abs(moved[i] - TestFunction.START[i])).isBetween(1e-5, 1.0);
            }
        }
    }

    @Test
    void everyDocumentedScheduleGivesRates() {
        for (ISchedule schedule : schedules(new StepSchedule(ScheduleType.ITERATION, 0.1, 0.5, 1000))) {
            assertThat(schedule.valueAt(250, 0)).as("%s", schedule).isBetween(1e-3, 10.0);
        }
    }

    @Test
    void everyClassIsDocumented() throws IOException {
        String document = Files.readString(DOCUMENT);
        List<String> names = Stream.of(IUpdater.class, ISchedule.class)
                .flatMap(type -> Dl4jClasses.implementing(type, "io.github.gradacc.updater").stream())
                .toList();
        assertThat(names).hasSize(14);
        for (String name : names) {
            assertThat(document).contains(name.substring(name.lastIndexOf('.') + 1));
        }
    }
}
