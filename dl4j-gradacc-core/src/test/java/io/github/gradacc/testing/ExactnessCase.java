/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One row of the exactness table: a network and its batches, trained twice from the same parameters. The reference is a
 * clone trained by native {@code fit} on the windows joined into big batches.
 *
 * @param name what the row is about
 * @param configuration makes the configuration anew
 * @param batches makes the same batches each time
 * @param k batches per window
 * @param microBatchSize examples per pass at most
 * @param epochs number of epochs
 * @param tolerance of the comparison, relative to max(1, |value|)
 */
public record ExactnessCase(
        String name,
        Supplier<MultiLayerConfiguration> configuration,
        Supplier<List<DataSet>> batches,
        int k,
        int microBatchSize,
        int epochs,
        double tolerance) {

    /** Three batches to a window, passes of at most two examples, two epochs, DOUBLE. */
    public static ExactnessCase of(
            String name, Supplier<MultiLayerConfiguration> configuration, Supplier<List<DataSet>> batches) {
        return new ExactnessCase(name, configuration, batches, 3, 2, 2, Tolerance.DOUBLE);
    }

    public ExactnessCase windows(int batchesPerWindow, int examplesPerPass) {
        return new ExactnessCase(name, configuration, batches, batchesPerWindow, examplesPerPass, epochs, tolerance);
    }

    public ExactnessCase within(double relative) {
        return new ExactnessCase(name, configuration, batches, k, microBatchSize, epochs, relative);
    }

    public ExactnessCase epochs(int number) {
        return new ExactnessCase(name, configuration, batches, k, microBatchSize, number, tolerance);
    }

    /**
     * Both networks after training, with what their listeners were told.
     *
     * @param ours trained by accumulation
     * @param ourEvents its events
     * @param reference trained natively on the big batches
     * @param expectedEvents its events
     */
    public record Trained(
            MultiLayerNetwork ours, EventLog ourEvents, MultiLayerNetwork reference, EventLog expectedEvents) {}

    /** Trains both and compares everything that training leaves behind or tells. */
    public void verify() {
        Trained both = train();
        assertSame(both.ours(), both.reference(), tolerance);
        both.ourEvents().assertSameAs(both.expectedEvents(), tolerance);
    }

    /** Trains both. */
    public Trained train() {
        MultiLayerNetwork ours = new MultiLayerNetwork(configuration.get());
        ours.init();
        MultiLayerNetwork reference = ours.clone();
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);

        Nd4j.getRandom().setSeed(1);
        reference.fit(iterate(Data.windows(batches.get(), k)), epochs);
        Nd4j.getRandom().setSeed(1);
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(k)
                .microBatchSize(microBatchSize)
                .build()) {
            trainer.fit(iterate(batches.get()), epochs);
        }
        return new Trained(ours, ourEvents, reference, expectedEvents);
    }

    /** Compares parameters, updater state, score and counters, those of the layers included. */
    public static void assertSame(MultiLayerNetwork ours, MultiLayerNetwork reference, double tolerance) {
        Tolerance.assertClose("parameters", ours.params(), reference.params(), tolerance);
        Tolerance.assertClose("updater state", ours.updaterState(), reference.updaterState(), tolerance);
        Tolerance.assertClose("score", ours.score(), reference.score(), tolerance);
        assertThat(ours.getIterationCount()).as("iteration count").isEqualTo(reference.getIterationCount());
        assertThat(ours.getEpochCount()).as("epoch count").isEqualTo(reference.getEpochCount());
        for (int i = 0; i < ours.getnLayers(); i++) {
            Layer layer = ours.getLayer(i);
            Layer expected = reference.getLayer(i);
            assertThat(layer.getIterationCount())
                    .as("iteration count of layer %s", i)
                    .isEqualTo(expected.getIterationCount());
            assertThat(layer.getEpochCount()).as("epoch count of layer %s", i).isEqualTo(expected.getEpochCount());
        }
    }

    /** An iterator over exactly these data sets. */
    public static DataSetIterator iterate(List<DataSet> dataSets) {
        return new ExistingDataSetIterator(dataSets);
    }

    @Override
    public String toString() {
        return name;
    }
}
