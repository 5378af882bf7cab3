/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

class LauncherTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    @Test
    void listsEveryProgramWithALine() {
        assertThat(stage.run("list")).isZero();

        List<String> lines = stage.printed().lines().toList();
        List<String> names = List.copyOf(Launcher.programs().keySet());
        assertThat(names)
                .containsExactly(
                        "QuickStart",
                        "AccumulationEqualsBigBatch",
                        "LossSpikes",
                        "MeanVersusSum",
                        "LearningRateSweep",
                        "Momentum",
                        "Losses",
                        "MnistLeNet",
                        "LargeBatch",
                        "DeepSignal",
                        "CharacterLstm");
        assertThat(lines).hasSize(names.size() + 1);
        for (int i = 0; i < names.size(); i++) {
            assertThat(lines.get(i)).matches(names.get(i) + " +\\S.*[.)]").hasSizeLessThanOrEqualTo(120);
        }
        assertThat(stage.complaint()).isEmpty();
    }

    @Tag("slow")
    @Test
    void noArgumentsAreTheQuickStart() {
        assertThat(stage.run()).isZero();

        assertThat(stage.printed())
                .contains("largest parameter difference", "quickstart.png", "Accumulation took the same 120 steps")
                .endsWith("More programs: -Dexec.args=list" + System.lineSeparator());
    }

    @Test
    void whatAnExistingProgramIsGivenArrives() {
        assertThat(stage.run("quickstart", "curves.jpg")).isEqualTo(2);

        assertThat(stage.complaint())
                .isEqualToIgnoringNewLines("QuickStart: The path of the picture must end in .png, got 'curves.jpg'");
    }

    @Test
    void helpNamesTheOptions() {
        assertThat(stage.run("MnistLeNet", "--help")).isZero();

        assertThat(stage.printed()).contains("--picture", "--drawn", "--epochs", "LeNet on digits");
    }

    @Test
    void whatDoesNotExistIsStatusTwo() {
        assertThat(stage.run("NoSuchProgram")).isEqualTo(2);
        assertThat(stage.run("Momentum", "--no-such-option")).isEqualTo(2);
        assertThat(stage.run("Momentum", "--picture=curves.jpg")).isEqualTo(2);

        assertThat(stage.complaint())
                .contains("NoSuchProgram", "--no-such-option", "Momentum: The path of the picture must end in .png");
        assertThat(stage.printed()).isEmpty();
    }

    @Test
    void aWrongExpectationIsStatusOne() {
        assertThat(run(new Wishful(), "--picture=" + directory.resolve("w.png")))
                .isEqualTo(1);

        assertThat(stage.printed())
                .contains("2 + 2 = 4", "NOT AS EXPECTED: sum: 4 (expected: at least 5)", "Picture: " + directory);
    }

    @Test
    void aProgramThatFailsIsStatusOneAndSaysWhy() {
        // A directory where the picture would be made in parts.
        Path picture = directory.resolve("w.png");
        assertThat(picture.resolveSibling("w.png.part").toFile().mkdir()).isTrue();

        assertThat(run(new Wishful(), "--picture=" + picture)).isEqualTo(1);

        assertThat(stage.complaint()).contains("FileSystemException", "w.png.part");
        assertThat(stage.printed()).doesNotContain("expected");
        assertThat(Files.exists(picture)).isFalse();
    }

    private int run(Experiment experiment, String... options) {
        String[] args = new String[options.length + 1];
        args[0] = "wishful";
        System.arraycopy(options, 0, args, 1, options.length);
        return Launcher.run(
                Map.of("Wishful", CommandSpec.forAnnotatedObject(experiment)), args, stage.out(), stage.err());
    }

    @Command(description = "Expects too much.")
    private static final class Wishful extends Experiment {

        @Override
        List<Expectation> run(Paper paper) throws java.io.IOException {
            paper.print("2 + 2 = 4");
            paper.draw(Charts.curves("", "", ""));
            return List.of(Expectation.atLeast("sum", 2 + 2, 5));
        }
    }
}
