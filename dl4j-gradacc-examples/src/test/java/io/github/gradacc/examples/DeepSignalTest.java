/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeepSignalTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Tag("slow")
    @Test
    void printsTheTableAndDrawsThePicture() throws Exception {
        Path file = directory.resolve("signal.png");

        assertThat(run(file.toString())).isZero();

        List<String> lines = text(out).lines().toList();
        assertThat(lines.get(0)).startsWith("std in layer").endsWith("gradient at 0");
        assertThat(lines.subList(1, 1 + DeepSignal.STARTS.size()))
                .zipSatisfy(DeepSignal.STARTS, (line, start) -> assertThat(line).startsWith(start.name()));
        assertThat(line("linear, N(0, 1) ")).matches(".* 1[567]\\.\\d .*e\\+37 +inf +NaN .*");
        assertThat(after("linear, N(0, 1):")).startsWith("  The activations explode");
        assertThat(after("linear, N(0, 1/256):")).startsWith("  The activations stay alive");
        assertThat(after("linear, orthogonal:")).startsWith("  The activations stay alive");
        assertThat(after("linear, N(0, 0.01^2):")).startsWith("  The activations vanish");
        assertThat(after("tanh, Xavier uniform 5/3:")).startsWith("  The activations stay alive");
        assertThat(after("ReLU, Xavier uniform:")).startsWith("  The activations vanish");
        assertThat(after("ReLU, Kaiming normal:")).startsWith("  The activations stay alive");
        assertThat(after("tanh, LSUV:")).startsWith("  The activations stay alive");
        assertThat(after("ReLU, LSUV:")).startsWith("  The activations stay alive");
        assertThat(after("3x3, linear, Dirac:"))
                .startsWith("  The activations stay alive")
                .endsWith("factor of 1.00 per layer.");
        assertThat(after("3x3, linear, delta-orth.:")).endsWith("factor of 1.00 per layer.");
        assertThat(lines).last().isEqualTo("Curves: " + file);
        assertThat(text(err)).contains("Probing", "100%");
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(SignalPlot.WIDTH);
        // Linear, tanh, ReLU and convolutions.
        assertThat(picture.getHeight()).isEqualTo(4 * SignalPlot.HEIGHT);
    }

    @Test
    void aWrongArgumentIsOneLineAndStatusTwo() throws Exception {
        assertThat(run("signal.jpg")).isEqualTo(2);

        assertThat(text(out)).isEmpty();
        assertThat(text(err))
                .isEqualTo("DeepSignal: The path of the picture must end in .png, got 'signal.jpg'%n".formatted());
    }

    private String line(String start) {
        return text(out)
                .lines()
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElseThrow();
    }

    private String after(String heading) {
        List<String> lines = text(out).lines().toList();
        return lines.get(lines.indexOf(heading) + 1);
    }

    private int run(String... args) throws Exception {
        return DeepSignal.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }
}
