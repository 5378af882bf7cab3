/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import io.github.gradacc.examples.MnistLeNet.Outcome;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.slf4j.LoggerFactory;

class MnistLeNetTest {

    @TempDir
    Path directory;

    private final Stage stage = new Stage();

    /** Two steps of 256 and one of 88 an epoch; DL4J's listener reports the first step. */
    @Tag("slow")
    @Test
    void learnsTestsAndReports() {
        Logger log = (Logger) LoggerFactory.getLogger(PerformanceListener.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        log.addAppender(lines);
        log.setLevel(Level.INFO);
        try {
            assertThat(stage.run(
                            "MnistLeNet",
                            "--drawn",
                            "--train=600",
                            "--test=100",
                            "--epochs=2",
                            "--expect=0.3",
                            "--picture=" + directory.resolve("lenet.png")))
                    .as(stage.printed())
                    .isZero();
        } finally {
            log.setLevel(Level.OFF);
            log.detachAppender(lines);
        }

        assertThat(lines.list).singleElement().asString().contains("iteration 0; ", "samples/sec: ", "score: 2.");
        assertThat(stage.printed().lines())
                .contains("Digits drawn on the spot: --drawn asks for them.")
                .anyMatch(line -> line.endsWith("| 9 = 9"))
                .anyMatch(line -> line.matches("6 +\\d\\.\\d+ +\\d\\.\\d+ +0\\.\\d+ +0\\.\\d+"))
                .filteredOn(line -> line.startsWith("As expected"))
                .hasSize(3);
        assertThat(directory.resolve("lenet.png")).isNotEmptyFile();
    }

    @Tag("slow")
    @Test
    void aWrongExpectationIsStatusOne() {
        assertThat(stage.run(
                        "MnistLeNet",
                        "--drawn",
                        "--train=64",
                        "--test=10",
                        "--epochs=1",
                        "--expect=1.01",
                        "--picture=" + directory.resolve("lenet.png")))
                .isEqualTo(1);

        assertThat(stage.printed())
                .containsPattern("NOT AS EXPECTED: test accuracy: [^(]*\\(expected: at least 1.01\\)");
    }

    @Test
    void whatIsNotExpectedIsSaid() {
        Evaluation evaluation = new Evaluation(10);
        evaluation.eval(Digits.draw(10, 1).getLabels(), Digits.draw(10, 1).getLabels());

        assertThat(MnistLeNet.expectations(new Outcome(List.of(2.3, 0.1), evaluation), 2, 1))
                .allMatch(Expectation::met);
        assertThat(MnistLeNet.expectations(new Outcome(List.of(0.3), evaluation), 2, 1))
                .extracting(Expectation::met)
                .containsExactly(false, false, true);
    }

    @Test
    void digitsAreDrawnInAnySize() {
        DigitImages images = DigitImages.drawn("because", 20, 10);

        assertThat(images.origin()).isEqualTo("Digits drawn on the spot: because.");
        assertThat(images.train().getFeatures().shape()).containsExactly(20, 28 * 28);
        assertThat(images.test().getFeatures().shape()).containsExactly(10, 28 * 28);
        assertThat(images.train().getFeatures().getRows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
                .isNotEqualTo(images.test().getFeatures());
        // As much ink, in proportion, as at the size that LargeBatch uses; noise averages out.
        double large = Digits.draw(200, 28, 1).getFeatures().meanNumber().doubleValue();
        double small = Digits.draw(200, 1).getFeatures().meanNumber().doubleValue();
        assertThat(large / small).isBetween(0.8, 1.25);
    }

    @Test
    void aHostThatDoesNotAnswerIsSaid() throws Exception {
        // Nothing listens on a port that was just given back.
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        URI file = URI.create("http://localhost:" + server.getAddress().getPort() + "/mnist.gz");
        server.start();
        server.stop(0);

        assertThat(DigitImages.mnist(10, 10, false, file).origin())
                .isEqualTo("Digits drawn on the spot: MNIST is not here, and " + file + " does not answer.");
    }

    @Test
    void aHostWithoutTheFileIsSaid() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            URI file = URI.create("http://localhost:" + server.getAddress().getPort() + "/mnist.gz");
            assertThat(DigitImages.mnist(10, 10, false, file).origin()).contains("does not answer");
        } finally {
            server.stop(0);
        }
    }
}
