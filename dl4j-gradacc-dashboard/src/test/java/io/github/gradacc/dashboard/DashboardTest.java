/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.gradacc.dashboard.Dashboard.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

class DashboardTest {

    /** 640 examples in windows of 64. The micro-batches of 8 are eight times as many. */
    private static final int STEPS_PER_EPOCH = 10;

    /** The chart as the page has drawn it: its points, and how many pixels have the color of their line. */
    private static final String DRAWN_CHART = """
            (() => {
                const chart = window.jQuery && jQuery('#scoreiterchart');
                const plot = chart && chart.data('plot');
                if (!plot) {
                    return '';
                }
                const canvas = chart.find('canvas.flot-base')[0];
                const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                let line = 0;
                for (let i = 0; i < pixels.length; i += 4) {
                    if (pixels[i] > 240 && pixels[i + 1] < 120 && pixels[i + 2] < 90 && pixels[i + 3] > 128) {
                        line++;
                    }
                }
                const points = plot.getData().find(series => series.label === 'score').data;
                return points.length === 0 ? '' : JSON.stringify({ points, line });
            })()
            """;

    @TempDir
    Path directory;

    /** With no browser: what the page gets from its server. */
    @Tag("slow")
    @Test
    void thePageIsToldOfStepsAndNotOfMicroBatches() throws Exception {
        int steps = 4 * STEPS_PER_EPOCH;
        URI address;
        try (RunningDashboard dashboard = new RunningDashboard(4)) {
            dashboard.awaitTraining();
            address = dashboard.address();
            ScoreChart chart = ScoreChart.ask(address);
            assertThat(chart.iterations())
                    .isEqualTo(IntStream.range(0, steps).boxed().toList());
            assertThat(chart.first()).as("that of guessing, log 10, is 2.3").isBetween(1.8, 3.0);

            assertThat(dashboard.pressEnter()).isZero();
            assertThat(dashboard.err()).isEmpty();
            assertThat(dashboard.out().lines())
                    .hasSize(4 + 3)
                    .anyMatch(line -> line.startsWith("As expected: 40 steps, of 8 micro-batches each,")
                            && line.contains("as many points in the score chart, and are 40;"));
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), address.getPort()).close())
                .as("the port is closed")
                .isInstanceOf(ConnectException.class);
        assertThat(serverThreads())
                .as("threads that would keep the process alive")
                .isEmpty();
    }

    /** The same with the page in a browser, if there is one. */
    @Tag("slow")
    @Test
    void theChartInTheBrowserHasAPointForEveryStep() throws Exception {
        Optional<Path> installed = Chromium.find();
        assumeThat(installed)
                .as("SKIPPED: no Chromium or Chrome on the PATH to show the page in")
                .isPresent();
        int steps = 2 * STEPS_PER_EPOCH;
        try (RunningDashboard dashboard = new RunningDashboard(2)) {
            dashboard.awaitTraining();
            try (Chromium browser = Chromium.open(installed.get(), dashboard.address(), directory)) {
                JsonNode drawn = new ObjectMapper().readTree(browser.awaitText(DRAWN_CHART));
                ScoreChart chart = ScoreChart.ask(dashboard.address());
                assertThat(drawn.get("points")).hasSize(steps);
                for (int i = 0; i < steps; i++) {
                    JsonNode point = drawn.get("points").get(i);
                    assertThat(point.get(0).intValue()).isEqualTo(i);
                    assertThat(point.get(1).doubleValue())
                            .isEqualTo(chart.scores().get(i));
                }
                assertThat(drawn.get("line").intValue())
                        .as("pixels of the line, which is two wide and hundreds long, and in part covered by another")
                        .isGreaterThan(100);
            }
            dashboard.pressEnter();
        }
    }

    @Test
    void whatIsNotExpectedIsSaid() {
        assertThat(new Outcome(2, chart(2, 0.9), 0.9).isAsExpected()).isTrue();
        assertThat(List.of(
                        new Outcome(2, chart(2, 0.9, 0.9), 0.9),
                        new Outcome(2, chart(2), 0.9),
                        new Outcome(2, chart(), 0.9),
                        new Outcome(2, new ScoreChart(List.of(0, 2), List.of(2.0, 0.9)), 0.9),
                        new Outcome(2, chart(2, 1.1), 0.9)))
                .allSatisfy(outcome -> {
                    assertThat(outcome.isAsExpected()).isFalse();
                    assertThat(outcome.conclusion()).startsWith("Not as expected: 2 steps");
                });
    }

    private static ScoreChart chart(double... scores) {
        return new ScoreChart(
                IntStream.range(0, scores.length).boxed().toList(),
                DoubleStream.of(scores).boxed().toList());
    }

    @Test
    void aPortThatIsTakenIsOneLineAndStatusTwo() throws Exception {
        try (ServerSocket other = new ServerSocket(0)) {
            String argument = "--port=" + other.getLocalPort();
            assertThat(complaint(argument))
                    .startsWith("Dashboard: Port " + other.getLocalPort() + " cannot be used (")
                    .contains("Name another one, or none for any that is free");
        }
        assertThat(serverThreads()).isEmpty();
    }

    @Test
    void aWrongArgumentIsOneLineAndStatusTwo() throws Exception {
        assertThat(complaint("--prot=1")).startsWith("Dashboard: No such argument: '--prot=1'. Arguments: --port=N");
        assertThat(complaint("--port=x")).startsWith("Dashboard: A whole number must follow the '=', got '--port=x'");
        assertThat(complaint("--port=65536")).startsWith("Dashboard: --port must be 0 to 65535, got 65536");
        assertThat(complaint("--epochs=51")).startsWith("Dashboard: --epochs must be 1 to 50, got 51");
    }

    @Test
    void argumentsAreRead() {
        assertThat(Settings.from()).isEqualTo(new Settings(0, 10, false));
        assertThat(Settings.from("--stay", "--epochs=3", "--port=9000")).isEqualTo(new Settings(9000, 3, true));
    }

    private static String complaint(String argument) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Dashboard.run(
                new String[] {argument},
                InputStream.nullInputStream(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        assertThat(status).isEqualTo(2);
        assertThat(out.size()).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
        return err.toString(StandardCharsets.UTF_8);
    }

    /** Names of the server's threads that still run when they have had some time to end. */
    private static List<String> serverThreads() throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        List<String> names = names();
        while (!names.isEmpty() && System.nanoTime() < end) {
            Thread.sleep(20);
            names = names();
        }
        return names;
    }

    private static List<String> names() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isDaemon())
                .map(Thread::getName)
                .filter(name -> name.startsWith("vert.x"))
                .toList();
    }
}
