/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * A second network around the parameters of the first: the same parameter array, and everything else its own.
 *
 * <p>Configurations hold objects that remember things between a forward and a backward pass (a dropout's mask, for
 * example), and DL4J's clones share some of them. So the configuration is copied by way of its JSON, which leaves nothing
 * in common.
 */
final class Replica {

    private Replica() {}

    static MultiLayerNetwork of(MultiLayerNetwork network) {
        MultiLayerConfiguration configuration = copied(() -> MultiLayerConfiguration.fromJson(
                network.getLayerWiseConfigurations().toJson()));
        MultiLayerNetwork replica = new MultiLayerNetwork(configuration);
        replica.init(network.params(), false);
        replica.initGradientsView();
        return replica;
    }

    static ComputationGraph of(ComputationGraph graph) {
        ComputationGraphConfiguration configuration = copied(() ->
                ComputationGraphConfiguration.fromJson(graph.getConfiguration().toJson()));
        ComputationGraph replica = new ComputationGraph(configuration);
        replica.init(graph.params(), false);
        replica.initGradientsView();
        return replica;
    }

    private static <T> T copied(Supplier<T> viaJson) {
        try {
            return viaJson.get();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "parallelism above 1 needs copies of the network's configuration, made by way of"
                            + " its JSON, and this one cannot be written to JSON and read again (" + e.getMessage()
                            + "): use parallelism(1)",
                    e);
        }
    }
}
