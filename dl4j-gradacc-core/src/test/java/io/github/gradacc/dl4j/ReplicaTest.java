/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

final class ReplicaTest {

    /** No updater for all layers, and one for those that need one: normalization and loss layer have none. */
    private static MultiLayerConfiguration someWithoutUpdater() {
        return Nets.of(
                Nets.settings().updater((IUpdater) null),
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(3).updater(new Adam(0.01)).build(),
                new BatchNormalization.Builder().lockGammaBeta(true).build(),
                new LossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    /** DL4J's conversion to a graph gives each layer an updater. */
    private static <T extends Model> T init(NetworkClass<T> type) {
        T network = type.init(someWithoutUpdater());
        for (int layer = 1; layer < 3; layer++) {
            ((BaseLayer) type.layers(network)[layer].conf().getLayer()).setIUpdater(null);
        }
        return network;
    }

    private static Network of(Model model) {
        return model instanceof ComputationGraph graph ? Network.of(graph) : Network.of((MultiLayerNetwork) model);
    }

    private static String json(Network network) {
        return network.model() instanceof ComputationGraph graph
                ? graph.getConfiguration().toJson()
                : ((MultiLayerNetwork) network.model())
                        .getLayerWiseConfigurations()
                        .toJson();
    }

    /** What DL4J itself says, and why {@link StackNetwork} does more than read what was written. */
    @Test
    void dl4jCannotReadLayersWithoutUpdaterBack() {
        String written = someWithoutUpdater().toJson();
        assertThatExceptionOfType(ClassCastException.class)
                .isThrownBy(() -> MultiLayerConfiguration.fromJson(written))
                .withMessageContaining("TextNode");
    }

    @EachNetworkClass
    <T extends Model> void layersWithoutUpdaterAreCopied(NetworkClass<T> type) {
        Network network = of(init(type));
        String before = json(network);
        assertThat(before.split("\"iupdater\" : null", -1)).hasSize(3);

        Network replica = Replica.of(network, unchanged -> {});

        assertThat(json(replica)).isEqualTo(before);
        assertThat(json(network)).isEqualTo(before);
        assertThat(replica.model().params()).isEqualTo(network.model().params());
    }

    /** An updater is for training only: what cannot be trained without one can be looked at. */
    @Test
    void aLayerThatDl4jCannotTrainWithoutUpdaterCanBeProbed() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        ((BaseLayer) network.getLayer(1).conf().getLayer()).setIUpdater(null);
        assertThat(SignalPropagation.probe(network, new Data(1, DataType.DOUBLE).normal(5, 4))
                        .layers())
                .hasSize(2);
    }

    @EachNetworkClass
    <T extends Model> void layersWithoutUpdaterTrainSideBySide(NetworkClass<T> type) {
        List<DataSet> batches = Batches.of(new int[] {6, 6}, n -> new Data(n, DataType.DOUBLE).dataSet(n, 3, 4));
        T one = init(type);
        T two = init(type);
        fit(type, one, 1, batches);
        fit(type, two, 2, batches);
        assertSame(two, one, Tolerance.DOUBLE);
    }

    private static <T extends Model> void fit(NetworkClass<T> type, T network, int workers, List<DataSet> batches) {
        try (var trainer =
                type.builder(network).microBatchSize(3).parallelism(workers).build()) {
            batches.forEach(trainer::fit);
        }
    }

    @EachNetworkClass
    <T extends Model> void theLayerAtFaultIsNamed(NetworkClass<T> type) {
        MultiLayerConfiguration layers = Nets.of(
                InputType.feedForward(4),
                dense(5),
                new DropoutLayer.Builder(0.5).build(),
                new DenseLayer.Builder().nOut(3).activation(new Steep(2)).build(),
                softmax(3));
        assertThatIllegalStateException()
                .isThrownBy(() -> Replica.of(of(type.init(layers)), unchanged -> {}))
                .withMessageContaining("read again, which saving the network needs, too: layer '2', a DenseLayer,"
                        + " cannot. Make classes of your own in it public")
                .withMessageEndingWith(
                        "exists): cannot deserialize from Object value (no delegate- or property-based Creator)")
                .withMessageContaining("`" + Steep.class.getName() + "`");
    }

    /** Cannot be read from JSON: it has no constructor that takes no arguments. */
    private static final class Steep extends ActivationTanH {
        private static final long serialVersionUID = 1L;

        private final double factor;

        Steep(double factor) {
            this.factor = factor;
        }

        @Override
        public String toString() {
            return "steep" + factor;
        }
    }
}
