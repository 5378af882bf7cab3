/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignalPictureTest {

    @TempDir
    Path directory;

    private static SignalReport report(int layers, IntToDoubleFunction forward, IntToDoubleFunction backward) {
        return new SignalReport(IntStream.range(0, layers)
                .mapToObj(i -> new SignalLayer(
                        "l" + i, "DenseLayer", false, std(forward.applyAsDouble(i)), std(backward.applyAsDouble(i))))
                .toList());
    }

    private static Signal std(double std) {
        return new Signal(10, 0, std, 0, 0, 0);
    }

    /** The mean height of the pixels of a color in a column of a panel, from 0 at the top; -1 if there are none. */
    private static double height(BufferedImage picture, int x, int panel, Color color) {
        int[] hits = IntStream.range(panel * SignalPicture.PANEL, (panel + 1) * SignalPicture.PANEL)
                .filter(y -> picture.getRGB(x, y) == color.getRGB())
                .toArray();
        return IntStream.of(hits).average().orElse(-1);
    }

    @Test
    void equalFactorsAreAStraightLine() throws IOException {
        Path file = Files.writeString(directory.resolve("signal.png"), "replaced");
        report(11, i -> Math.pow(10, i), i -> Math.pow(10, -i)).toPng(file);
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(SignalPicture.WIDTH);
        assertThat(picture.getHeight()).isEqualTo(2 * SignalPicture.PANEL);
        double left = height(picture, 300, 0, SignalPicture.CURVE);
        double middle = height(picture, 500, 0, SignalPicture.CURVE);
        double right = height(picture, 700, 0, SignalPicture.CURVE);
        assertThat(left - middle).isPositive().isBetween(middle - right - 3, middle - right + 3);
        // Gradients fall where activations rise.
        assertThat(height(picture, 700, 1, SignalPicture.CURVE))
                .isGreaterThan(height(picture, 300, 1, SignalPicture.CURVE) + 20);
    }

    @Test
    void whatIsNotFiniteIsMarkedAboveAndWhatIsConstantBelow() {
        Signal broken = new Signal(10, 0, 1, 0, 3, 0);
        BufferedImage picture = SignalPicture.of(List.of(
                new SignalLayer("a", "DenseLayer", false, std(1), null),
                new SignalLayer("b", "DenseLayer", false, broken, null),
                new SignalLayer("c", "DenseLayer", false, std(0), null)));
        assertThat(picture.getHeight()).as("one panel").isEqualTo(SignalPicture.PANEL);
        int middle = 80 + (SignalPicture.WIDTH - 110) / 2;
        assertThat(height(picture, middle, 0, SignalPicture.BROKEN)).isBetween(1.0, SignalPicture.PANEL / 2.0);
        assertThat(height(picture, SignalPicture.WIDTH - 31, 0, SignalPicture.BROKEN))
                .isGreaterThan(SignalPicture.PANEL / 2.0);
        assertThat(height(picture, middle, 0, SignalPicture.CURVE)).isEqualTo(-1);
    }

    @Test
    void axesHoldTheirValues() {
        assertThat(PowerAxis.around(new double[] {0.5, 20, Double.NaN, 0})).isEqualTo(new PowerAxis(-1, 2));
        assertThat(PowerAxis.around(new double[] {100})).isEqualTo(new PowerAxis(1, 3));
        assertThat(PowerAxis.around(new double[] {Double.NaN})).isEqualTo(new PowerAxis(-1, 1));
        assertThat(new PowerAxis(-1, 3).position(10)).isEqualTo(0.5);
        assertThat(new PowerAxis(-1, 3).ticks()).containsExactly(-1, 0, 1, 2, 3);
        assertThat(new PowerAxis(-45, 39).ticks()).hasSizeLessThanOrEqualTo(11).startsWith(-45, -36);
    }
}
