/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.init.LsuvLayer;
import io.github.gradacc.init.LsuvReport;
import io.github.gradacc.init.NetworkInitializer;
import io.github.gradacc.probe.ExactnessFinding;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.probe.SignalLayer;
import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.probe.SignalReport;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every report calls a layer by the same name. Each layer here has weights and noise, so that it is in all of them. */
final class LayerNamesTest {

    private final INDArray features = new Data(1, DataType.DOUBLE).normal(20, 4);

    private static DenseLayer.Builder noisy() {
        return new DenseLayer.Builder().nIn(4).nOut(4).dropOut(0.5);
    }

    private static Layer output() {
        return new OutputLayer.Builder()
                .nIn(4)
                .nOut(3)
                .dropOut(0.5)
                .activation(Activation.SOFTMAX)
                .build();
    }

    /**
     * DL4J calls layers without a name layer0, layer1, and so on; a user may give a name of this kind to another layer.
     */
    @Test
    void ofLayersInARow() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                noisy().build(),
                noisy().name("middle").build(),
                noisy().name("layer7").build(),
                output()));
        assertNames(
                ExactnessReport.of(network),
                SignalPropagation.probe(network, features),
                NetworkInitializer.lsuv(network, features),
                "0",
                "middle",
                "layer7",
                "3");
    }

    @Test
    void ofAGraph() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", noisy().build(), "in")
                .addLayer("layer1", noisy().build(), "first")
                .addLayer("out", output(), "layer1")
                .setOutputs("out")
                .build());
        graph.init();
        assertNames(
                ExactnessReport.of(graph),
                SignalPropagation.probe(graph, features),
                NetworkInitializer.lsuv(graph, features),
                "first",
                "layer1",
                "out");
    }

    private static void assertNames(ExactnessReport exactness, SignalReport signals, LsuvReport lsuv, String... names) {
        assertThat(exactness.findings()).extracting(ExactnessFinding::layer).containsExactly(names);
        assertThat(signals.layers()).extracting(SignalLayer::name).containsExactly(names);
        assertThat(lsuv.layers()).extracting(LsuvLayer::layer).containsExactly(names);
    }
}
