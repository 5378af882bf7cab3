/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInitConstant;
import org.deeplearning4j.nn.weights.WeightInitXavier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** What {@code apply} changes and what it leaves alone, beyond the plain layers of {@link NetworkInitializerTest}. */
final class ApplyTest {

    private static final Constant HALF = new Constant(0.5);

    private static double[] values(INDArray array) {
        return array.dup('c').data().asDouble();
    }

    /** A vector has no fans: initializers without fans fill it, the others say which layer and parameter it is. */
    @Test
    void vectorsAreFilledWithoutFans() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), new Scale(), Nets.softmax(2)));
        assertThat(network.getParam("0_s").shape()).containsExactly(4);
        NetworkInitializer.apply(network, HALF);
        assertThat(values(network.getParam("0_s"))).containsOnly(0.5);
        NetworkInitializer.apply(network, new Normal(3, 0));
        assertThat(values(network.getParam("0_s"))).containsOnly(3);
        INDArray before = network.params().dup();
        assertThatThrownBy(() -> NetworkInitializer.apply(network, new XavierNormal(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Layer '0', parameter 's': ")
                .hasMessageContaining("[4]")
                .hasMessageContaining("Normal");
        // ND4J multiplies by 1e-5 where it is told to multiply by NaN: the weights would be tiny without a word.
        assertThatThrownBy(() -> NetworkInitializer.apply(network, new WeightInitXavier()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("parameter 's'")
                .hasMessageContaining("needs fans");
        NetworkInitializer.apply(network, new WeightInitConstant(2));
        assertThat(values(network.getParam("0_s"))).containsOnly(2);
        network.params().assign(before);
        assertThat(network.params()).isEqualTo(before);
    }

    @Test
    void theRadiusOfAOneClassLayerStays() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new OCNNOutputLayer.Builder()
                        .hiddenLayerSize(6)
                        .initialRValue(0.3)
                        .build()));
        NetworkInitializer.apply(network, HALF);
        assertThat(values(network.paramTable().get("0_v"))).containsOnly(0.5);
        assertThat(values(network.paramTable().get("0_w"))).containsOnly(0.5);
        assertThat(network.paramTable().get("0_r").getDouble(0)).isEqualTo(0.3);
    }

    @Test
    void allWeightsAndBiasesOfAVariationalAutoencoder() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new VariationalAutoencoder.Builder()
                        .nOut(3)
                        .encoderLayerSizes(5, 6)
                        .decoderLayerSizes(7)
                        .build()));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        assertThat(network.paramTable()).hasSizeGreaterThan(10);
        network.paramTable()
                .forEach((key, array) -> assertThat(values(array)).as(key).containsOnly(key.endsWith("W") ? 0.5 : 0));
    }

    @Test
    void centersAndSingleFactorsStay() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new ElementWiseMultiplicationLayer.Builder().nIn(4).nOut(4).build(),
                new CenterLossOutputLayer.Builder().nOut(3).build()));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        Map<String, INDArray> table = network.paramTable();
        assertThat(values(table.get("0_W"))).containsOnly(7);
        assertThat(values(table.get("0_b"))).containsOnly(0);
        assertThat(values(table.get("1_W"))).containsOnly(0.5);
        assertThat(values(table.get("1_b"))).containsOnly(0);
        assertThat(values(table.get("1_cL"))).containsOnly(7);
    }

    @Test
    void layersFrozenByTransferLearningStay() {
        MultiLayerNetwork network =
                Nets.init(Nets.of(InputType.feedForward(4), Nets.dense(6), Nets.dense(5), Nets.softmax(3)));
        MultiLayerNetwork stack =
                new TransferLearning.Builder(network).setFeatureExtractor(1).build();
        stack.params().assign(7);
        NetworkInitializer.apply(stack, HALF);
        ComputationGraph graph = new TransferLearning.GraphBuilder(network.toComputationGraph())
                .setFeatureExtractor("1")
                .build();
        graph.params().assign(7);
        NetworkInitializer.apply(graph, HALF);
        for (Map<String, INDArray> table : List.of(stack.paramTable(), graph.paramTable())) {
            table.forEach((key, array) -> assertThat(values(array))
                    .as(key)
                    .containsOnly(!key.startsWith("2") ? 7 : key.endsWith("W") ? 0.5 : 0));
        }
    }

    /** Vertices with parameters of their own are frozen by another wrapper than layers are. */
    @Test
    void verticesFrozenByTransferLearningStay() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex("attention", ApplyLayoutsTest.attentionVertex(3, 4), "in", "in", "in")
                .addLayer("rnn", new LSTM.Builder().nIn(4).nOut(5).build(), "attention")
                .addLayer("out", new RnnOutputLayer.Builder().nIn(5).nOut(2).build(), "rnn")
                .setOutputs("out")
                .build());
        graph.init();
        ComputationGraph frozen = new TransferLearning.GraphBuilder(graph)
                .setFeatureExtractor("rnn")
                .build();
        frozen.params().assign(7);
        NetworkInitializer.apply(frozen, HALF);
        assertOnlyOutputsAreNew(frozen);
        LsuvReport report = NetworkInitializer.lsuv(frozen, new Data(1, DataType.DOUBLE).normal(5, 3, 4));
        assertThat(report.notScaled())
                .extracting(LsuvLayer::toString)
                .contains("attention: not scaled, it is frozen", "rnn: not scaled, it is frozen");
    }

    /** A layer in a vertex that is frozen as a vertex. */
    @Test
    void frozenVerticesStay() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex("dense", new FrozenVertex(vertexOf("dense", 4, 5)), "in")
                .addLayer("out", new RnnOutputLayer.Builder().nIn(5).nOut(2).build(), "dense")
                .setOutputs("out")
                .build());
        graph.init();
        graph.params().assign(7);
        NetworkInitializer.apply(graph, HALF);
        assertOnlyOutputsAreNew(graph);
    }

    private static void assertOnlyOutputsAreNew(ComputationGraph graph) {
        graph.paramTable()
                .forEach((key, array) -> assertThat(values(array))
                        .as(key)
                        .containsOnly(!key.startsWith("out") ? 7 : key.endsWith("W") ? 0.5 : 0));
    }

    private static LayerVertex vertexOf(String name, int in, int out) {
        return new LayerVertex(
                Nets.settings()
                        .layer(new DenseLayer.Builder()
                                .name(name)
                                .nIn(in)
                                .nOut(out)
                                .build())
                        .build(),
                new RnnToFeedForwardPreProcessor());
    }

    @Test
    void aGraphsUpdaterStateAndCountersStay() {
        ComputationGraph graph = Nets.init(Nets.mlp()).toComputationGraph();
        DataSet data = new Data(1, DataType.DOUBLE).dataSet(8, 3, 4);
        graph.fit(data);
        INDArray state = graph.updaterState().dup();
        assertThat(state.amaxNumber().doubleValue()).isPositive();
        INDArray before = graph.params().dup();
        NetworkInitializer.apply(graph, new XavierUniform(1));
        assertThat(graph.updaterState()).isEqualTo(state);
        assertThat(graph.params()).isNotEqualTo(before);
        assertThat(graph.getIterationCount()).isEqualTo(1);
        INDArray drawn = graph.params().dup();
        graph.fit(data);
        assertThat(graph.params()).isNotEqualTo(drawn);
        assertThat(graph.updaterState()).isNotEqualTo(state);
    }

    @Test
    void aLayoutIsRefused() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        assertThatThrownBy(() -> NetworkInitializer.apply(network, Layout.DEPTHWISE.of(HALF)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("NetworkInitializer chooses the layout of each parameter by itself, got Layout.DEPTHWISE."
                        + " Pass Constant[value=0.5]");
    }

    @Test
    void whatIsMissingIsNamed() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        assertThatThrownBy(() -> NetworkInitializer.apply(network, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("initializer");
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("features");
    }
}
