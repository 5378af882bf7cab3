/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import io.github.gradacc.train.GradientAccumulationTrainer;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** The same rows for DL4J's other network class: layers in a row, as a graph. */
public final class AsGraph {

    private AsGraph() {}

    /** Trains the row's network as a graph, by accumulation and natively, and compares as {@link ExactnessCase} does. */
    public static void verify(ExactnessCase row) {
        ComputationGraph ours = of(Nets.init(row.configuration().get()));
        ComputationGraph reference = of(Nets.init(row.configuration().get()));
        reference.params().assign(ours.params());
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);

        reference.fit(ExactnessCase.iterate(Data.windows(row.batches().get(), row.k())), row.epochs());
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(row.k())
                .microBatchSize(row.microBatchSize())
                .build()) {
            trainer.fit(ExactnessCase.iterate(row.batches().get()), row.epochs());
        }
        GraphCase.assertSame(ours, reference, row.tolerance());
        ourEvents.assertSameAs(expectedEvents, row.tolerance());
    }

    /** The network as a graph. DL4J's own conversion forgets about truncated BPTT and the seed. */
    public static ComputationGraph of(MultiLayerNetwork network) {
        ComputationGraph graph = network.toComputationGraph();
        MultiLayerConfiguration configuration = network.getLayerWiseConfigurations();
        graph.getConfiguration().setBackpropType(configuration.getBackpropType());
        graph.getConfiguration().setTbpttFwdLength(configuration.getTbpttFwdLength());
        graph.getConfiguration().setTbpttBackLength(configuration.getTbpttBackLength());
        graph.conf().setSeed(network.conf().getSeed());
        return graph;
    }
}
