/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;

/** The average is the mean of the parameters since step t0 + 2, which the tests take themselves. */
class AveragedParametersTest {

    /** With t0 = 3, parameters after step 5, 6, ... are averaged, as in torch. */
    private static final int NOT_AVERAGED = 4;

    private final AveragedSgd updater = new AveragedSgd(0.1).withT0(3).withLambd(0.01);
    private final List<DataSet> batches = Batches.mlp();

    @Test
    void averageIsTheMean() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater).l2(0.02)));
        INDArray sum = network.params().like();
        for (int step = 1; step <= 12; step++) {
            network.fit(batches.get(step % batches.size()));
            if (step <= NOT_AVERAGED) {
                assertClose("step " + step, AveragedParameters.of(network), network.params(), DOUBLE);
            } else {
                sum.addi(network.params());
                assertClose("step " + step, AveragedParameters.of(network), sum.div(step - NOT_AVERAGED), DOUBLE);
            }
        }
        assertThat(AveragedParameters.of(network).distance2(network.params())).isGreaterThan(0.01);
    }

    @Test
    void graphsHaveAverages() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.mlp(it -> it.updater(updater)));
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater)));
        for (int step = 0; step < 8; step++) {
            graph.fit(batches.get(step));
            network.fit(batches.get(step));
        }
        assertThat(AveragedParameters.of(graph).shape())
                .isEqualTo(graph.params().shape());
        assertClose("graph", AveragedParameters.of(graph), AveragedParameters.of(network), DOUBLE);
    }

    @Test
    void accumulationAveragesWindows() {
        MultiLayerNetwork natively = Nets.init(Nets.mlp(it -> it.updater(updater)));
        MultiLayerNetwork accumulated = Nets.init(Nets.mlp(it -> it.updater(updater)));
        try (var trainer =
                NetworkClass.LAYERS.builder(accumulated).microBatchSize(2).build()) {
            for (DataSet batch : batches) {
                natively.fit(batch);
                trainer.fit(batch);
            }
        }
        assertClose("window", AveragedParameters.of(accumulated), AveragedParameters.of(natively), DOUBLE);
    }

    /** As all that depends on steps does. */
    @Test
    void averagesStartAnewWithTheCounter() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater)));
        batches.forEach(network::fit);
        assertThat(AveragedParameters.of(network).distance2(network.params())).isPositive();
        network.setIterationCount(0);
        network.fit(batches.get(0));
        assertThat(AveragedParameters.of(network).toDoubleVector())
                .containsExactly(network.params().toDoubleVector());
    }

    @Test
    void averagesSurviveSaving(@TempDir Path directory) {
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater)));
        batches.forEach(network::fit);
        NetworkClass.LAYERS.save(network, directory.resolve("network.zip").toFile());
        MultiLayerNetwork restored =
                NetworkClass.LAYERS.load(directory.resolve("network.zip").toFile());
        assertThat(AveragedParameters.of(restored).toDoubleVector())
                .containsExactly(AveragedParameters.of(network).toDoubleVector());
    }

    @Test
    void otherUpdatersParametersAreAsTheyAre() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().updater(new Sgd(0.1)),
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(5).updater(updater).build(),
                Nets.softmax(3)));
        batches.forEach(network::fit);
        MultiLayerNetwork averaged = network.clone();
        averaged.setParams(AveragedParameters.of(network));
        assertThat(averaged.getLayer(1).params().toDoubleVector())
                .containsExactly(network.getLayer(1).params().toDoubleVector());
        assertThat(averaged.getLayer(0).params().distance2(network.getLayer(0).params()))
                .isGreaterThan(0.01);
    }

    /** The copy that the documentation makes: its own averages are its parameters. */
    @Test
    void copiesWithAveragesHaveNoDistances() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(it -> it.updater(updater)));
        batches.forEach(network::fit);
        INDArray averages = AveragedParameters.of(network);
        MultiLayerNetwork averaged = network.clone();
        averaged.setParams(averages);
        averaged.setUpdater(null);
        assertThat(AveragedParameters.of(averaged)).isEqualTo(averages);
        assertThat(AveragedParameters.of(network)).isEqualTo(averages);
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.mlp(it -> it.updater(updater)));
        batches.forEach(graph::fit);
        ComputationGraph copy = graph.clone();
        copy.setParams(AveragedParameters.of(graph));
        copy.setUpdater(null);
        assertThat(AveragedParameters.of(copy)).isEqualTo(copy.params());
        assertThat(copy.params().distance2(graph.params())).isPositive();
    }

    @Test
    void layersAreNamedAsTheUserNamedThem() {
        assertRefused(
                Nets.init(Nets.of(
                        Nets.settings().updater(updater),
                        InputType.feedForward(4),
                        Nets.dense(5),
                        new DenseLayer.Builder()
                                .name("mine")
                                .nOut(5)
                                .weightDecay(0.01)
                                .build(),
                        Nets.softmax(3))),
                "of layer 'mine' is not known: [WeightDecay");
    }

    @Test
    void networksMustBeInitialized() {
        assertThatThrownBy(() -> AveragedParameters.of(new MultiLayerNetwork(Nets.mlp())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("call init() first");
        assertThatThrownBy(() -> AveragedParameters.of(
                        new ComputationGraph(NetworkClass.GRAPH.init(Nets.mlp()).getConfiguration())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("call init() first");
    }

    @Test
    void whatUpdatesDoNotTellIsRefused() {
        assertRefused(Nets.init(Nets.mlp(it -> it.updater(new Sgd(0.1)))), "no layer whose updater is AveragedSgd");
        assertRefused(
                Nets.init(Nets.mlp(it -> it.updater(updater).weightDecay(0.01))),
                "The average of parameter 'W' of layer '0' is not known: [WeightDecay(coeff=");
        assertRefused(
                Nets.init(Nets.mlp(it -> it.updater(updater).constrainWeights(new MaxNormConstraint(1, 1)))),
                "constraints move parameters after each step");
    }

    private static void assertRefused(MultiLayerNetwork network, String message) {
        assertThatThrownBy(() -> AveragedParameters.of(network))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
