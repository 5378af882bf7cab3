/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import io.github.gradacc.train.GradientAccumulationTrainer;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** The same rows for DL4J's other network class: layers in a row, as a graph. */
public final class AsGraph {

    private AsGraph() {}

    /** Trains the row's network as a graph, by accumulation and natively, and compares as {@link ExactnessCase} does. */
    public static void verify(ExactnessCase row) {
        ComputationGraph ours = Nets.init(row.configuration().get()).toComputationGraph();
        ComputationGraph reference = Nets.init(row.configuration().get()).toComputationGraph();
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
}
