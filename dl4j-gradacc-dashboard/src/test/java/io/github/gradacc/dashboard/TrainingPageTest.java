/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.StepReport;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.ui.api.UIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class TrainingPageTest {

    private static final Pattern ASSET = Pattern.compile("(?:src|href)=\"(/assets/[^\"]+)\"");

    private final INDArray features = Nd4j.createFromArray(new double[][] {{1, 0}, {0, 1}, {1, 1}, {0, 0}, {2, 1}});
    private final INDArray labels = Nd4j.createFromArray(new double[][] {{1, 0}, {0, 1}, {0, 1}, {1, 0}, {0, 1}});

    @AfterEach
    void noPropertyIsLeft() {
        System.clearProperty("org.deeplearning4j.ui.port");
    }

    @Test
    void eachStepIsAPointWithTheScoreOfItsWholeWindow() throws Exception {
        MultiLayerNetwork network = network();
        List<Double> scores = new ArrayList<>();
        try (TrainingPage page = TrainingPage.open(0);
                var trainer = GradientAccumulationTrainer.builder(network)
                        .microBatchSize(2)
                        .build()) {
            assertThat(ScoreChart.ask(page.address()).points()).isZero();
            network.setListeners(page.everyStep());
            for (int i = 0; i < 4; i++) {
                StepReport step = trainer.fit(features, labels);
                assertThat(step.microBatches()).isEqualTo(3);
                scores.add(step.score());
                // Two steps in one millisecond would be one point.
                Thread.sleep(2);
            }
            assertThat(page.scores(4)).isEqualTo(new ScoreChart(List.of(0, 1, 2, 3), scores));
        }
    }

    /** This module leaves out some of what DL4J's pages could use, and nothing that the pages of a training use. */
    @Tag("slow")
    @Test
    void thePagesFindTheirScripts() throws Exception {
        Set<String> assets = new TreeSet<>();
        try (TrainingPage page = TrainingPage.open(0)) {
            for (String name : List.of("overview", "model", "system")) {
                HttpResponse<String> html = get(page.address().resolve(name));
                assertThat(html.statusCode()).as(name).isEqualTo(200);
                ASSET.matcher(html.body())
                        .results()
                        .map((MatchResult asset) -> asset.group(1))
                        .forEach(assets::add);
            }
            assertThat(assets).hasSizeGreaterThan(20);
            List<String> missing = new ArrayList<>();
            for (String asset : assets) {
                if (get(page.address().resolve(asset)).statusCode() != 200) {
                    missing.add(asset);
                }
            }
            assertThat(missing).isEmpty();
        }
    }

    @Test
    void whatIsNoChartIsRefused() throws Exception {
        try (TrainingPage page = TrainingPage.open(0)) {
            URI address = page.address();
            page.close();
            assertThatThrownBy(() -> ScoreChart.ask(address)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new ScoreChart(List.of(0), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("got 1 iterations and 0 scores");
    }

    /** The snippet of docs/listeners.md. */
    @Test
    void documented() throws Exception {
        System.setProperty("org.deeplearning4j.ui.port", "0");
        MultiLayerNetwork network = network();
        // snippet
        var storage = new InMemoryStatsStorage();
        UIServer.getInstance().attach(storage); // http://localhost:9000
        network.addListeners(new StatsListener(storage, 1)); // a point for every step
        // end
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(2).build()) {
            trainer.fit(features, labels);
            trainer.fit(features, labels);
            URI address = URI.create(UIServer.getInstance().getAddress());
            ScoreChart chart = ScoreChart.ask(address);
            for (int i = 0; i < 100 && chart.points() == 0; i++) {
                Thread.sleep(50);
                chart = ScoreChart.ask(address);
            }
            assertThat(chart.points()).isBetween(1, 2);
        } finally {
            UIServer.stopInstance();
        }
    }

    private static MultiLayerNetwork network() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .list()
                .layer(new DenseLayer.Builder().nIn(2).nOut(3).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(3)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        return network;
    }

    private static HttpResponse<String> get(URI address) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }
}
