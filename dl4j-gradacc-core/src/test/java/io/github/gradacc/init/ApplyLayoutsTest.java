/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Nets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * {@code apply} gives each parameter of each layer the fans that this parameter has in the layer: what it sums over,
 * and how often its input is used. They are stated here by hand and seen through the standard deviation.
 */
final class ApplyLayoutsTest {

    /** Fan in and fan out. */
    record Expected(double in, double out) {}

    /** A network and the fans of the parameters that the row is about. */
    record Case(String name, Model network, Map<String, Expected> fans) {
        @Override
        public String toString() {
            return name;
        }
    }

    @SuppressWarnings("deprecation") // By DL4J: the Graves layers.
    static Stream<Case> cases() {
        InputType image = InputType.convolutional(8, 8, 40);
        InputType sequence = InputType.recurrent(60, 5);
        return Stream.of(
                // Three by three; 40 channels, each with 6 outputs of its own: torch has [240, 1, 3, 3].
                layer(
                        image,
                        new DepthwiseConvolution2D.Builder(3, 3)
                                .depthMultiplier(6)
                                .nOut(240)
                                .build(),
                        Map.of("0_W", fans(9, 240 * 9))),
                layer(
                        image,
                        new SeparableConvolution2D.Builder(3, 3)
                                .depthMultiplier(2)
                                .nOut(50)
                                .build(),
                        Map.of("0_W", fans(9, 80 * 9), "0_pW", fans(80, 50))),
                // One by one: the depthwise part still sums over nothing.
                layer(
                        image,
                        new SeparableConvolution2D.Builder(1, 1)
                                .depthMultiplier(5)
                                .nOut(50)
                                .build(),
                        Map.of("0_W", fans(1, 200), "0_pW", fans(200, 50))),
                // torch's [40, 10, 2, 2, 2]: in and out change places.
                layer(
                        InputType.convolutional3D(4, 4, 4, 40),
                        new Deconvolution3D.Builder()
                                .kernelSize(2, 2, 2)
                                .nOut(10)
                                .build(),
                        Map.of("0_W", fans(80, 320))),
                layer(
                        InputType.feedForward(300),
                        new EmbeddingLayer.Builder().nIn(300).nOut(20).build(),
                        Map.of("0_W", fans(20, 300))),
                layer(
                        InputType.recurrent(300),
                        new EmbeddingSequenceLayer.Builder().nIn(300).nOut(20).build(),
                        Map.of("0_W", fans(20, 300))),
                layer(
                        sequence,
                        new LSTM.Builder().nOut(30).build(),
                        Map.of("0_W", fans(60, 120), "0_RW", fans(30, 120))),
                layer(
                        sequence,
                        new LocallyConnected1D.Builder().kernelSize(2).nOut(30).build(),
                        Map.of("0_W", fans(120, 30))),
                layer(
                        image,
                        new LocallyConnected2D.Builder()
                                .kernelSize(2, 2)
                                .stride(2, 2)
                                .nOut(30)
                                .build(),
                        Map.of("0_W", fans(160, 30))),
                layer(
                        sequence,
                        new SelfAttentionLayer.Builder()
                                .nOut(25)
                                .nHeads(3)
                                .headSize(7)
                                .projectInput(true)
                                .build(),
                        attention("0_", 60)),
                layer(
                        sequence,
                        new LearnedSelfAttentionLayer.Builder()
                                .nOut(25)
                                .nHeads(3)
                                .headSize(7)
                                .nQueries(9)
                                .projectInput(true)
                                .build(),
                        with(attention("0_", 60), "0_Q", fans(60, 9))),
                layer(
                        sequence,
                        new RecurrentAttentionLayer.Builder()
                                .nOut(25)
                                .nHeads(3)
                                .headSize(7)
                                .build(),
                        Map.of(
                                "0_Wq", fans(25, 21),
                                "0_Wk", fans(60, 21),
                                "0_Wv", fans(60, 21),
                                "0_W", fans(60, 25),
                                "0_RW", fans(25, 25))),
                layer(
                        InputType.convolutional(8, 8, 10),
                        new PrimaryCapsules.Builder(8, 4).kernelSize(3, 3).build(),
                        Map.of("0_weight", fans(90, 32 * 9))),
                // 20 capsules of 4 come in, 6 of 10 go out: 120 matrices [4, 10].
                layer(
                        InputType.recurrent(20, 4),
                        new CapsuleLayer.Builder(6, 10, 2).build(),
                        Map.of("0_weight", fans(4, 10))),
                // V makes 200 hidden units of 60 inputs, w one output of 200 units.
                layer(
                        InputType.feedForward(60),
                        new OCNNOutputLayer.Builder().hiddenLayerSize(200).build(),
                        Map.of("0_v", fans(60, 200), "0_w", fans(200, 1))),
                layer(
                        InputType.feedForward(60),
                        new VariationalAutoencoder.Builder()
                                .nOut(10)
                                .encoderLayerSizes(50)
                                .decoderLayerSizes(40)
                                .build(),
                        Map.of("0_e0W", fans(60, 50), "0_pZXMeanW", fans(50, 10), "0_d0W", fans(10, 40))),
                vertex());
    }

    private static Case layer(InputType input, Layer layer, Map<String, Expected> fans) {
        MultiLayerNetwork network = Nets.init(Nets.of(input, layer));
        return new Case(layer.getClass().getSimpleName() + " " + fans, network, fans);
    }

    private static Case vertex() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex("attention", attentionVertex(60, 25), "in", "in", "in")
                .addLayer("out", new RnnOutputLayer.Builder().nIn(25).nOut(2).build(), "attention")
                .setOutputs("out")
                .build());
        graph.init();
        return new Case("AttentionVertex", graph, attention("attention_", 60));
    }

    static AttentionVertex attentionVertex(int in, int out) {
        return new AttentionVertex.Builder()
                .nInKeys(in)
                .nInQueries(in)
                .nInValues(in)
                .nOut(out)
                .nHeads(3)
                .headSize(7)
                .projectInput(true)
                .build();
    }

    private static Map<String, Expected> attention(String prefix, int in) {
        return Map.of(
                prefix + "Wq", fans(in, 21),
                prefix + "Wk", fans(in, 21),
                prefix + "Wv", fans(in, 21),
                prefix + "Wo", fans(21, 25));
    }

    private static Map<String, Expected> with(Map<String, Expected> fans, String key, Expected more) {
        Map<String, Expected> all = new HashMap<>(fans);
        all.put(key, more);
        return all;
    }

    private static Expected fans(double in, double out) {
        return new Expected(in, out);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterHasItsOwnFans(Case it) {
        for (FanMode mode : FanMode.values()) {
            Nd4j.getRandom().setSeed(4);
            apply(it.network(), new KaimingNormal(mode, 1));
            it.fans().forEach((key, fans) -> {
                double fan = mode == FanMode.FAN_IN ? fans.in() : fans.out();
                double[] sample =
                        it.network().paramTable().get(key).dup('c').data().asDouble();
                Statistics.assertMoments(key + " " + mode, sample, 0, 1 / Math.sqrt(fan), 3 / (fan * fan));
            });
        }
    }

    /** The same fans without the statistics: Xavier's bound is met nearly, and never passed. */
    @ParameterizedTest
    @MethodSource("cases")
    void uniformWeightsReachTheirBound(Case it) {
        Nd4j.getRandom().setSeed(4);
        apply(it.network(), new XavierUniform(1));
        it.fans().forEach((key, fans) -> {
            double bound = Math.sqrt(6 / (fans.in() + fans.out()));
            double largest = it.network()
                    .paramTable()
                    .get(key)
                    .castTo(DataType.DOUBLE)
                    .amaxNumber()
                    .doubleValue();
            // The largest of n values is 1/n of the bound below it, give or take; n is 200 or more.
            assertThat(largest).as(key).isBetween(0.95 * bound, bound);
        });
    }

    /** Wrapped and bidirectional layers have the layout of what they wrap; peepholes start at 0, gates orthogonal. */
    @Test
    @SuppressWarnings("deprecation") // By DL4J: the Graves layers.
    void peepholesAreZeroInWrappersToo() {
        for (Layer layer : List.of(
                new GravesLSTM.Builder().nOut(4).build(),
                new GravesBidirectionalLSTM.Builder().nOut(4).build(),
                new Bidirectional(new GravesLSTM.Builder().nOut(4).build()),
                new LastTimeStep(new GravesLSTM.Builder().nOut(4).build()))) {
            MultiLayerNetwork network = Nets.init(Nets.of(InputType.recurrent(6, 5), layer));
            network.params().assign(7);
            NetworkInitializer.apply(network, new Orthogonal(1));
            int recurrent = 0;
            for (Map.Entry<String, INDArray> entry : network.paramTable().entrySet()) {
                INDArray weights = entry.getValue();
                if (entry.getKey().contains("RW")) {
                    recurrent++;
                    assertThat(weights.get(NDArrayIndex.all(), NDArrayIndex.interval(16, 19))
                                    .dup()
                                    .data()
                                    .asDouble())
                            .as(entry.getKey())
                            .containsOnly(0);
                    INDArray gates = weights.get(NDArrayIndex.all(), NDArrayIndex.interval(0, 16));
                    assertThat(gates.mmul(gates.transpose())
                                    .sub(Nd4j.eye(4).castTo(DataType.DOUBLE))
                                    .amaxNumber()
                                    .doubleValue())
                            .isLessThan(1e-14);
                }
            }
            assertThat(recurrent).as(layer.toString()).isPositive();
        }
    }

    /** Each pair of capsules has an orthogonal map of its own: what a capsule sends to another keeps its length. */
    @Test
    void capsulesAreMatricesByPair() {
        MultiLayerNetwork network =
                Nets.init(Nets.of(InputType.recurrent(3, 5), new CapsuleLayer.Builder(2, 7, 1).build()));
        NetworkInitializer.apply(network, new Orthogonal(1));
        INDArray weights = network.getParam("0_weight");
        for (int from = 0; from < 3; from++) {
            for (int to = 0; to < 2; to++) {
                // u_hat[7] = w[7, 5] u[5], as the layer computes it.
                INDArray map = Nd4j.create(DataType.DOUBLE, 7, 5);
                for (int i = 0; i < 7; i++) {
                    for (int j = 0; j < 5; j++) {
                        map.putScalar(i, j, weights.getDouble(0, from, to * 7 + i, j, 0));
                    }
                }
                assertThat(map.transpose()
                                .mmul(map)
                                .sub(Nd4j.eye(5).castTo(DataType.DOUBLE))
                                .amaxNumber()
                                .doubleValue())
                        .isCloseTo(0, within(1e-14));
            }
        }
    }

    private static void apply(Model network, IWeightInit initializer) {
        if (network instanceof MultiLayerNetwork stack) {
            NetworkInitializer.apply(stack, initializer);
        } else {
            NetworkInitializer.apply((ComputationGraph) network, initializer);
        }
    }
}
