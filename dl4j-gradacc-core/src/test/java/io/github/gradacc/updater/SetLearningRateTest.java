/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.nio.file.Path;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;

/** What DL4J 1.0.0-M2.1 does with the rates, states and counters of networks, as the documentation says. */
class SetLearningRateTest {

    private static double rate(IUpdater updater) {
        return updater.getLearningRate(0, 0);
    }

    private static double rate(MultiLayerNetwork network, int layer, String parameter) {
        return rate(network.getLayer(layer).getConfig().getUpdaterByParam(parameter));
    }

    @Test
    void leavesBiasUpdatersAlone() {
        MultiLayerNetwork network =
                Nets.init(Nets.mlp(it -> it.updater(new AdamTorch(0.1)).biasUpdater(new AdamTorch(0.2))));
        network.setLearningRate(0.3);
        assertThat(rate(network, 0, "W")).isEqualTo(0.3);
        assertThat(rate(network, 0, "b")).isEqualTo(0.2);
    }

    @Test
    void leavesOutLayersInsideOfOthers() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().updater(new AdamTorch(0.1)),
                InputType.recurrent(3),
                new Bidirectional(Nets.lstm(2)),
                Nets.rnnSoftmax(3)));
        network.setLearningRate(0.3);
        assertThat(rate(network, 0, "fW")).isEqualTo(0.1);
        assertThat(rate(network, 1, "W")).isEqualTo(0.3);
    }

    @Test
    void reachesEveryNetworkOfAConfigurationButNoLoadedOne(@TempDir Path directory) {
        AdamTorch updater = new AdamTorch(0.1);
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater)));
        MultiLayerNetwork clone = network.clone();
        NetworkClass.LAYERS.save(network, directory.resolve("network.zip").toFile());
        MultiLayerNetwork loaded =
                NetworkClass.LAYERS.load(directory.resolve("network.zip").toFile());
        clone.setLearningRate(0.3);
        assertThat(rate(network, 0, "W")).isEqualTo(0.3);
        assertThat(rate(loaded, 0, "W")).isEqualTo(0.1);
        BaseLayer ofNetwork = (BaseLayer) network.getLayer(0).conf().getLayer();
        assertThat(ofNetwork.getIUpdater())
                .isSameAs(((BaseLayer) clone.getLayer(0).conf().getLayer()).getIUpdater());
    }

    /** An updater that was given to a layer's builder is used itself, and changes in the hands of the user. */
    @Test
    void reachesTheUpdaterThatALayerWasGiven() {
        AdamTorch given = new AdamTorch(0.1);
        var layer = new DenseLayer.Builder().nOut(5).updater(given).build();
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), layer, Nets.softmax(3)));
        network.setLearningRate(0.3);
        assertThat(rate(given)).isEqualTo(0.3);
    }

    @Test
    void clonesOfGraphsKeepTheStateAndForgetTheCounter() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.mlp(it -> it.updater(new AdamTorch())));
        Batches.mlp().forEach(graph::fit);
        ComputationGraph clone = graph.clone();
        assertThat(clone.getUpdater().getUpdaterStateViewArray())
                .isEqualTo(graph.getUpdater().getUpdaterStateViewArray());
        assertThat(clone.getIterationCount()).isZero();
        clone.getConfiguration().setIterationCount(graph.getIterationCount());
        assertThat(clone.getIterationCount()).isEqualTo(Batches.mlp().size());
    }

    @Test
    void transferLearningStartsAnew() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(new AdamTorch())));
        Batches.mlp().forEach(network::fit);
        MultiLayerNetwork transferred = new TransferLearning.Builder(network)
                .fineTuneConfiguration(new FineTuneConfiguration.Builder()
                        .updater(new AdamTorch())
                        .build())
                .build();
        assertThat(transferred.getIterationCount()).isZero();
        assertThat(transferred.getUpdater().getStateViewArray().amaxNumber().doubleValue())
                .isZero();
    }

    @Test
    void networksInBfloat16AreRefused() {
        assertThatThrownBy(() -> new NeuralNetConfiguration.Builder().dataType(DataType.BFLOAT16))
                .hasMessageContaining("BFLOAT16");
    }
}
