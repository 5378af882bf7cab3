/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.init.Constant;
import io.github.gradacc.init.NetworkInitializer;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Whoever is given null or a network without parameters says the same, whichever class it is. */
final class RefusedNetworksTest {

    private static final INDArray FEATURES = new Data(1, DataType.DOUBLE).normal(5, 4);
    private static final INDArray LABELS = new Data(1, DataType.DOUBLE).oneHot(5, 3);
    private static final INDArray[] INPUTS = {FEATURES};

    /** A method for both network classes. */
    record Entrance(String name, Consumer<MultiLayerNetwork> stack, Consumer<ComputationGraph> graph) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Entrance> entrances() {
        Constant half = new Constant(0.5);
        return Stream.of(
                new Entrance("Network.of", Network::of, Network::of),
                new Entrance(
                        "NetworkInitializer.apply",
                        network -> NetworkInitializer.apply(network, half),
                        graph -> NetworkInitializer.apply(graph, half)),
                new Entrance(
                        "NetworkInitializer.lsuv",
                        network -> NetworkInitializer.lsuv(network, FEATURES),
                        graph -> NetworkInitializer.lsuv(graph, FEATURES)),
                new Entrance(
                        "NetworkInitializer.lsuv with a tolerance",
                        network -> NetworkInitializer.lsuv(network, FEATURES, 0.1, 1),
                        graph -> NetworkInitializer.lsuv(graph, INPUTS, 0.1, 1)),
                new Entrance("ExactnessReport.of", ExactnessReport::of, ExactnessReport::of),
                new Entrance(
                        "SignalPropagation.probe",
                        network -> SignalPropagation.probe(network, FEATURES),
                        graph -> SignalPropagation.probe(graph, FEATURES)),
                new Entrance(
                        "SignalPropagation.probe with labels",
                        network -> SignalPropagation.probe(network, FEATURES, LABELS),
                        graph -> SignalPropagation.probe(graph, FEATURES, LABELS)),
                new Entrance(
                        "SignalPropagation.probe with arrays",
                        network -> SignalPropagation.probe(network, FEATURES, LABELS),
                        graph -> SignalPropagation.probe(graph, INPUTS, new INDArray[] {LABELS})));
    }

    @ParameterizedTest
    @MethodSource("entrances")
    void nullIsRefused(Entrance entrance) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> entrance.stack().accept(null))
                .withMessage("A network is needed, got null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> entrance.graph().accept(null))
                .withMessage("A network is needed, got null");
    }

    @ParameterizedTest
    @MethodSource("entrances")
    void aNetworkWithoutParametersIsRefused(Entrance entrance) {
        MultiLayerNetwork network = new MultiLayerNetwork(Nets.mlp());
        ComputationGraph graph =
                new ComputationGraph(Nets.init(Nets.mlp()).toComputationGraph().getConfiguration());
        assertThatIllegalStateException()
                .isThrownBy(() -> entrance.stack().accept(network))
                .withMessage("The network is not initialized: call init() first");
        assertThatIllegalStateException()
                .isThrownBy(() -> entrance.graph().accept(graph))
                .withMessage("The network is not initialized: call init() first");
    }
}
