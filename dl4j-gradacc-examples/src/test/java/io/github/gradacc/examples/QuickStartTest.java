/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class QuickStartTest {

    private static final int EXAMPLES_SEEN = 120 * QuickStart.EPOCHS;

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void accumulationEqualsLargeBatches() throws Exception {
        AtomicInteger epochs = new AtomicInteger();
        Comparison comparison = QuickStart.compare(Iris.load(), epochs::incrementAndGet);

        // Sums of the same numbers in another order: 1e-16 a step, about a hundred steps, some room for Adam's
        // division.
        assertThat(comparison.accumulated().largestDifference(comparison.large()))
                .isLessThanOrEqualTo(1e-12);
        assertThat(comparison.small().largestDifference(comparison.large())).isGreaterThan(1e-3);
        assertThat(comparison.isExact()).isTrue();

        assertThat(comparison.small().steps()).isEqualTo(EXAMPLES_SEEN / 4);
        assertThat(comparison.accumulated().steps()).isEqualTo(EXAMPLES_SEEN / 40);
        assertThat(comparison.large().steps()).isEqualTo(EXAMPLES_SEEN / 40);

        assertThat(comparison.accumulated().testAccuracy()).isGreaterThanOrEqualTo(0.9);
        assertThat(comparison.large().testAccuracy()).isGreaterThanOrEqualTo(0.9);

        for (TrainingRun run : new TrainingRun[] {comparison.small(), comparison.accumulated(), comparison.large()}) {
            assertThat(run.losses()).hasSize(QuickStart.EPOCHS + 1);
            assertThat(run.losses().get(0))
                    .isEqualTo(comparison.large().losses().get(0));
            assertThat(run.finalLoss()).isLessThan(0.2);
        }
        assertThat(epochs).hasValue(3 * QuickStart.EPOCHS);
    }

    /** Classes of the test set are called by the next one's name: whoever learned the training set is wrong there. */
    @Test
    void lossesAreThoseOfTheTrainingSetAndAccuraciesThoseOfTheTestSet() throws Exception {
        Iris iris = Iris.load();
        DataSet test = iris.test();
        INDArray renamed = Nd4j.zeros(DataType.DOUBLE, test.getLabels().shape());
        for (int i = 0; i < renamed.rows(); i++) {
            renamed.putScalar(i, (test.getLabels().getRow(i).argMax().getInt(0) + 1) % Iris.CLASSES, 1);
        }
        Comparison comparison =
                QuickStart.compare(new Iris(iris.train(), new DataSet(test.getFeatures(), renamed)), () -> {});

        for (TrainingRun run : List.of(comparison.small(), comparison.accumulated(), comparison.large())) {
            assertThat(run.testAccuracy()).isLessThan(0.1);
            assertThat(run.finalLoss()).isLessThan(0.2);
            assertThat(run.losses())
                    .isNotEmpty()
                    .allSatisfy(loss -> assertThat(loss).isLessThan(2));
        }
    }

    @Tag("slow")
    @Test
    void printsTheTableAndDrawsThePicture() throws Exception {
        Path file = directory.resolve("new").resolve("curves.png");

        assertThat(run(file.toString())).isZero();

        assertThat(text(out).lines())
                .hasSize(7)
                .contains("Loss curves: " + file)
                .last()
                .asString()
                .startsWith("Accumulation took the same " + EXAMPLES_SEEN / 40 + " steps")
                .endsWith(".");
        assertThat(text(err)).contains("Training", "100%");
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(LossCurves.WIDTH);
        assertThat(picture.getHeight()).isEqualTo(LossCurves.HEIGHT);
    }

    @Test
    void aWrongArgumentIsOneLineAndStatusTwo() throws Exception {
        assertThat(run("curves.jpg")).isEqualTo(2);

        assertThat(text(out)).isEmpty();
        assertThat(text(err))
                .isEqualTo("QuickStart: The path of the picture must end in .png, got 'curves.jpg'%n".formatted());
    }

    private int run(String... args) throws Exception {
        return QuickStart.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
