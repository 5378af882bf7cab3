/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;

class ChartsTest {

    @TempDir
    Path directory;

    @Test
    void valuesStandAtTheirSteps() {
        XYChart chart = Charts.curves("title", "x", "y");
        Charts.add(chart, "one", 1, List.of(5.0, 7.0, 6.0));
        Charts.addWide(chart, "ten", 10, List.of(1.0, 2.0));
        Charts.addDashed(chart, "again", 40, List.of(3.0));

        assertThat(chart.getSeries("one").getXData()).containsExactly(0, 1, 2);
        assertThat(chart.getSeries("one").getYData()).containsExactly(5, 7, 6);
        assertThat(chart.getSeries("ten").getXData()).containsExactly(0, 10);
        assertThat(chart.getSeries("again").getYData()).containsExactly(3);
        assertThat(chart.getSeriesCollection())
                .extracting(series -> series.getLineColor().getRGB())
                .doesNotHaveDuplicates();
    }

    @Test
    void chartsStandSideBySideAndReplaceTheFile() throws Exception {
        Path file = Files.writeString(directory.resolve("curves.png"), "old");
        XYChart chart = Charts.curves("title", "x", "y");
        Charts.add(chart, "one", 1, List.of(5.0, 7.0, 6.0));

        Charts.write(file, chart, chart);

        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(2 * Charts.WIDTH);
        assertThat(picture.getHeight()).isEqualTo(Charts.HEIGHT);
        for (int x = 0; x < Charts.WIDTH; x += 7) {
            assertThat(picture.getRGB(x, 150)).isEqualTo(picture.getRGB(x + Charts.WIDTH, 150));
        }
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }
}
