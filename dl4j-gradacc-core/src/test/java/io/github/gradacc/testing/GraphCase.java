/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One row of the exactness table for graphs, as {@link ExactnessCase} is for networks of layers.
 *
 * @param name what the row is about
 * @param configuration makes the configuration anew
 * @param batches makes the same batches each time
 * @param k batches per window
 * @param microBatchSize examples per pass at most
 */
public record GraphCase(
        String name,
        Supplier<ComputationGraphConfiguration> configuration,
        Supplier<List<MultiDataSet>> batches,
        int k,
        int microBatchSize) {

    private static final int EPOCHS = 2;

    /** Three batches to a window, passes of at most two examples. */
    public static GraphCase of(
            String name, Supplier<ComputationGraphConfiguration> configuration, Supplier<List<MultiDataSet>> batches) {
        return new GraphCase(name, configuration, batches, 3, 2);
    }

    /** Trains both and compares everything that training leaves behind or tells, to 1e-12. */
    public void verify() {
        ComputationGraph ours = new ComputationGraph(configuration.get());
        ours.init();
        ComputationGraph reference = new ComputationGraph(configuration.get());
        reference.init(ours.params().dup(), false);
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);

        Nd4j.getRandom().setSeed(1);
        reference.fit(new Listed(windows()), EPOCHS);
        Nd4j.getRandom().setSeed(1);
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(k)
                .microBatchSize(microBatchSize)
                .build()) {
            trainer.fit(new Listed(batches.get()), EPOCHS);
        }
        assertSame(ours, reference, Tolerance.DOUBLE);
        ourEvents.assertSameAs(expectedEvents, Tolerance.DOUBLE);
    }

    private List<MultiDataSet> windows() {
        List<MultiDataSet> all = batches.get();
        List<MultiDataSet> windows = new ArrayList<>();
        for (int i = 0; i < all.size(); i += k) {
            windows.add(MultiDataSet.merge(all.subList(i, Math.min(i + k, all.size()))));
        }
        return windows;
    }

    /** Compares parameters, updater state, score and counters. */
    public static void assertSame(ComputationGraph ours, ComputationGraph reference, double tolerance) {
        Tolerance.assertClose("parameters", ours.params(), reference.params(), tolerance);
        Tolerance.assertClose("updater state", ours.updaterState(), reference.updaterState(), tolerance);
        Tolerance.assertClose("score", ours.score(), reference.score(), tolerance);
        assertThat(ours.getIterationCount()).as("iteration count").isEqualTo(reference.getIterationCount());
        assertThat(ours.getEpochCount()).as("epoch count").isEqualTo(reference.getEpochCount());
    }

    @Override
    public String toString() {
        return name;
    }
}
