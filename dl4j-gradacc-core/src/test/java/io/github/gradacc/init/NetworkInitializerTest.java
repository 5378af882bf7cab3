/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CapsuleStrengthLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInitXavier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

final class NetworkInitializerTest {

    private static final Constant HALF = new Constant(0.5);

    @Test
    void weightsAreDrawnAndBiasesAreZero() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(3, 5),
                new Bidirectional(new LSTM.Builder().nOut(4).build()),
                new LastTimeStep(new LSTM.Builder().nOut(4).build()),
                new AutoEncoder.Builder().nOut(3).build(),
                Nets.softmax(2)));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        for (Map.Entry<String, INDArray> entry : network.paramTable().entrySet()) {
            assertThat(entry.getValue().dup().data().asDouble())
                    .as(entry.getKey())
                    .containsOnly(entry.getKey().contains("W") ? 0.5 : 0);
        }
    }

    @Test
    void scalesAndStatisticsStay() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(3),
                new DenseLayer.Builder().nOut(4).hasLayerNorm(true).build(),
                new BatchNormalization(),
                new PReLULayer.Builder().inputShape(4).build(),
                Nets.softmax(2)));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        Map<String, INDArray> table = network.paramTable();
        assertThat(table.get("0_W").dup().data().asDouble()).containsOnly(0.5);
        assertThat(table.get("0_b").dup().data().asDouble()).containsOnly(0);
        assertThat(table.get("0_g").dup().data().asDouble()).containsOnly(7);
        for (String key : new String[] {"1_gamma", "1_beta", "1_mean", "2_W"}) {
            assertThat(table.get(key).dup().data().asDouble()).as(key).containsOnly(7);
        }
    }

    /** DL4J lists it as a weight. */
    @Test
    void theGainOfARecurrentLayerNormStays() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(3),
                new SimpleRnn.Builder().nOut(4).hasLayerNorm(true).build(),
                Nets.rnnSoftmax(2)));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        Map<String, INDArray> table = network.paramTable();
        assertThat(table.get("0_g").dup().data().asDouble()).containsOnly(7);
        assertThat(table.get("0_W").dup().data().asDouble()).containsOnly(0.5);
        assertThat(table.get("0_RW").dup().data().asDouble()).containsOnly(0.5);
    }

    @Test
    void frozenLayersStay() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(3),
                new FrozenLayer(Nets.dense(4)),
                new FrozenLayerWithBackprop(Nets.dense(5)),
                Nets.softmax(2)));
        network.params().assign(7);
        NetworkInitializer.apply(network, HALF);
        assertThat(network.params().dup().data().asDouble()).hasSize(3 * 4 + 4 + 4 * 5 + 5 + 12);
        INDArray flat = network.params().reshape(53);
        for (int i = 0; i < 53; i++) {
            assertThat(flat.getDouble(i)).isEqualTo(i < 41 ? 7 : i < 51 ? 0.5 : 0);
        }
    }

    @Test
    void updaterStateAndCountersStayAndTrainingGoesOn() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        DataSet data = new Data(1, DataType.DOUBLE).dataSet(8, 3, 4);
        network.fit(data);
        INDArray state = network.updaterState().dup();
        INDArray parameters = network.params();
        NetworkInitializer.apply(network, new XavierUniform(1));
        assertThat(network.updaterState()).isEqualTo(state);
        assertThat(network.params()).isSameAs(parameters);
        assertThat(network.getIterationCount()).isEqualTo(1);
        INDArray before = network.params().dup();
        network.fit(data);
        assertThat(network.params()).isNotEqualTo(before);
        assertThat(network.getIterationCount()).isEqualTo(2);
    }

    /** Re-initializing is building: the same draws in the same order. */
    @Test
    void drawsWhatBuildingWouldDraw() {
        Layer[] layers = {
            new DenseLayer.Builder().nOut(5).weightInit(new XavierNormal(1)).build(),
            new OutputLayer.Builder().nOut(2).weightInit(new XavierNormal(1)).build()
        };
        MultiLayerNetwork built = Nets.init(Nets.of(InputType.feedForward(3), layers));
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(3), Nets.dense(5), Nets.softmax(2)));
        Nd4j.getRandom().setSeed(12345);
        NetworkInitializer.apply(network, new XavierNormal(1));
        assertThat(network.params()).isEqualTo(built.params());
    }

    /** Builders of these layers take no initializer, or take one and ignore it. */
    @Test
    void reachesLayersThatTakeNone() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(6, 4),
                new SelfAttentionLayer.Builder()
                        .nOut(4)
                        .nHeads(2)
                        .projectInput(true)
                        .weightInit("Wq", new Constant(3))
                        .build(),
                new LocallyConnected1D.Builder().kernelSize(2).nOut(3).build(),
                new RnnOutputLayer.Builder()
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build()));
        // A bug of DL4J 1.0.0-M2.1: weightInit(String, IWeightInit) is stored and never read.
        assertThat(network.getParam("0_Wq").dup().data().asDouble()).doesNotContain(3);
        NetworkInitializer.apply(network, new Orthogonal(1));
        // Two heads of two units see six inputs: four orthonormal rows.
        INDArray heads = network.getParam("0_Wq").dup('c').reshape('c', 4, 6);
        assertThat(heads.mmul(heads.transpose())
                        .sub(Nd4j.eye(4).castTo(DataType.DOUBLE))
                        .amaxNumber()
                        .doubleValue())
                .isLessThan(1e-14);
        NetworkInitializer.apply(network, HALF);
        for (String key : new String[] {"0_Wq", "0_Wk", "0_Wv", "0_Wo", "1_W", "2_W"}) {
            assertThat(network.getParam(key).dup().data().asDouble()).as(key).containsOnly(0.5);
        }
        assertThat(network.getParam("1_b").dup().data().asDouble()).containsOnly(0);
    }

    @Test
    void reachesEverySameDiffLayer() {
        MultiLayerNetwork sequences = Nets.init(Nets.of(
                InputType.recurrent(6, 4),
                new RecurrentAttentionLayer.Builder()
                        .nOut(4)
                        .nHeads(2)
                        .headSize(2)
                        .build(),
                new LearnedSelfAttentionLayer.Builder()
                        .nOut(4)
                        .nHeads(2)
                        .nQueries(3)
                        .projectInput(true)
                        .build(),
                new RnnOutputLayer.Builder()
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build()));
        MultiLayerNetwork images = Nets.init(Nets.of(
                InputType.convolutional(8, 8, 2),
                new LocallyConnected2D.Builder().kernelSize(2, 2).nOut(3).build(),
                new PrimaryCapsules.Builder(4, 2).kernelSize(3, 3).build(),
                new CapsuleLayer.Builder(3, 4, 2).build(),
                new CapsuleStrengthLayer.Builder().build(),
                Nets.softmax(2)));
        for (MultiLayerNetwork network : new MultiLayerNetwork[] {sequences, images}) {
            network.params().assign(7);
            NetworkInitializer.apply(network, new Orthogonal(1));
            assertThat(network.params().amaxNumber().doubleValue()).isLessThanOrEqualTo(1);
            NetworkInitializer.apply(network, new KaimingNormal(FanMode.FAN_IN, 1));
            assertThat(network.params().amaxNumber().doubleValue()).isLessThan(5);
        }
        // Each capsule's kernel: 9 positions and 3 channels in, 8 values out: orthonormal rows.
        NetworkInitializer.apply(images, new Orthogonal(1));
        INDArray kernels =
                images.getParam("1_weight").permute(3, 2, 0, 1).dup('c').reshape('c', 8, 27);
        assertThat(kernels.mmul(kernels.transpose())
                        .sub(Nd4j.eye(8).castTo(DataType.DOUBLE))
                        .amaxNumber()
                        .doubleValue())
                .isLessThan(1e-14);
    }

    @Test
    void graphsWithLayersAndParametricVertices() {
        ComputationGraphConfiguration configuration = Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("rnn", new LSTM.Builder().nOut(4).build(), "in")
                .addVertex(
                        "attention",
                        new AttentionVertex.Builder()
                                .nInKeys(4)
                                .nInQueries(4)
                                .nInValues(4)
                                .nOut(4)
                                .nHeads(2)
                                .headSize(2)
                                .projectInput(true)
                                .build(),
                        "rnn",
                        "rnn",
                        "rnn")
                .addLayer("frozen", new FrozenLayer(new LSTM.Builder().nOut(2).build()), "attention")
                .addLayer(
                        "out",
                        new RnnOutputLayer.Builder()
                                .nOut(2)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "frozen")
                .setOutputs("out")
                .setInputTypes(InputType.recurrent(3, 5))
                .build();
        ComputationGraph graph = new ComputationGraph(configuration);
        assertThatThrownBy(() -> NetworkInitializer.apply(graph, HALF))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
        graph.init();
        graph.params().assign(7);
        NetworkInitializer.apply(graph, HALF);
        for (Map.Entry<String, INDArray> entry : graph.paramTable().entrySet()) {
            double expected =
                    entry.getKey().startsWith("frozen") ? 7 : entry.getKey().endsWith("b") ? 0 : 0.5;
            assertThat(entry.getValue().dup().data().asDouble())
                    .as(entry.getKey())
                    .containsOnly(expected);
        }
    }

    @Test
    void dl4jsOwnInitializersGetTheFansOfTheShape() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(200), Nets.dense(300), Nets.softmax(2)));
        Nd4j.getRandom().setSeed(1);
        NetworkInitializer.apply(network, new WeightInitXavier());
        double variance = 2.0 / 500;
        Statistics.assertMoments(
                "Xavier",
                network.getParam("0_W").dup().data().asDouble(),
                0,
                Math.sqrt(variance),
                3 * variance * variance);
    }

    @Test
    void aShapeThatIsRefusedLeavesTheNetworkAsItWas() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(3), Nets.dense(4), Nets.softmax(3)));
        INDArray before = network.params().dup();
        assertThatThrownBy(() -> NetworkInitializer.apply(network, new Orthogonal(1, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[4, 3]");
        assertThat(network.params()).isEqualTo(before);
    }

    @Test
    void aNetworkThatIsNotBuiltIsRefused() {
        MultiLayerNetwork network = new MultiLayerNetwork(Nets.mlp());
        assertThatThrownBy(() -> NetworkInitializer.apply(network, HALF))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("init()");
    }
}
