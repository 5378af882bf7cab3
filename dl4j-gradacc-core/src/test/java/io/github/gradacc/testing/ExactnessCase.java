/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.junit.jupiter.params.provider.Arguments;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One case of the exactness table: a network trained twice from the same parameters, by accumulation on the batches,
 * and by native {@code fit} on the windows joined into big batches.
 *
 * @param name what the case is about
 * @param workload the network and its batches
 * @param k batches per window
 * @param microBatchSize examples per pass at most
 * @param epochs number of epochs
 * @param tolerance of the comparison, as {@link Tolerance} has it
 */
public record ExactnessCase(String name, Workload workload, int k, int microBatchSize, int epochs, double tolerance) {

    private ExactnessCase(String name, Workload workload) {
        this(name, workload, 3, 2, 2, Tolerance.DOUBLE);
    }

    /** Layers in a row. Three batches to a window, passes of at most two examples, two epochs, DOUBLE. */
    public static ExactnessCase of(
            String name, Supplier<MultiLayerConfiguration> layers, Supplier<List<DataSet>> batches) {
        return new ExactnessCase(name, new Workload.OfLayers(layers, batches));
    }

    /** A graph of any shape, with the same settings. */
    public static ExactnessCase ofGraph(
            String name, Supplier<ComputationGraphConfiguration> graph, Supplier<List<MultiDataSet>> batches) {
        return new ExactnessCase(name, new Workload.OfGraph(graph, batches));
    }

    public ExactnessCase windows(int batchesPerWindow, int examplesPerPass) {
        return new ExactnessCase(name, workload, batchesPerWindow, examplesPerPass, epochs, tolerance);
    }

    public ExactnessCase within(double relative) {
        return new ExactnessCase(name, workload, k, microBatchSize, epochs, relative);
    }

    /** With the first of the batches only. */
    public ExactnessCase firstBatches(int number) {
        return new ExactnessCase(name, workload.first(number), k, microBatchSize, epochs, tolerance);
    }

    public ExactnessCase epochs(int number) {
        return new ExactnessCase(name, workload, k, microBatchSize, number, tolerance);
    }

    /** Each case once for each network class, for tests that take both. */
    public static Stream<Arguments> inBothClasses(Stream<ExactnessCase> cases) {
        return cases.flatMap(each -> NetworkClass.all().stream().map(type -> Arguments.of(each, type)));
    }

    /** Trains both and compares them, as networks of the class that the configuration is written for. */
    public void verify() {
        verify(workload.type());
    }

    /** Trains both and compares everything that training leaves behind or tells. */
    public <T extends Model> void verify(NetworkClass<T> type) {
        Trained<T> reference = natively(type);
        accumulated(type).assertSameAs(reference, tolerance);
    }

    /** The reference. */
    public <T extends Model> Trained<T> natively(NetworkClass<T> type) {
        Trained<T> reference = untrained(type);
        workload.fitWindows(type, reference.network(), k, epochs);
        return reference;
    }

    public <T extends Model> Trained<T> accumulated(NetworkClass<T> type) {
        return accumulated(type, settings -> settings);
    }

    /** Accumulates with more settings than those of the case. */
    public <T extends Model> Trained<T> accumulated(
            NetworkClass<T> type, UnaryOperator<GradientAccumulationTrainer.Builder> settings) {
        Trained<T> ours = untrained(type);
        try (var trainer = settings.apply(
                        type.builder(ours.network()).accumulationSteps(k).microBatchSize(microBatchSize))
                .build()) {
            workload.fitBatches(trainer, epochs);
        }
        return ours;
    }

    private <T extends Model> Trained<T> untrained(NetworkClass<T> type) {
        T network = workload.network(type);
        EventLog events = new EventLog();
        network.setListeners(events);
        Nd4j.getRandom().setSeed(1);
        return new Trained<>(network, events);
    }

    /** A network, with what its listener was told in training. */
    public record Trained<T extends Model>(T network, EventLog events) {

        public Trained<T> withoutActivations() {
            return new Trained<>(network, events.withoutActivations());
        }

        public void assertSameAs(Trained<T> expected, double tolerance) {
            assertSame(network, expected.network, tolerance);
            events.assertSameAs(expected.events, tolerance);
        }
    }

    /** Compares parameters, updater state, score and counters, those of the layers included. */
    public static <T extends Model> void assertSame(T ours, T reference, double tolerance) {
        NetworkClass<T> type = NetworkClass.of(ours);
        Tolerance.assertClose("parameters", ours.params(), reference.params(), tolerance);
        Tolerance.assertClose("updater state", type.updaterState(ours), type.updaterState(reference), tolerance);
        Tolerance.assertClose("score", ours.score(), reference.score(), tolerance);
        assertThat(type.iterations(ours)).as("iteration count").isEqualTo(type.iterations(reference));
        assertThat(type.epochs(ours)).as("epoch count").isEqualTo(type.epochs(reference));
        Layer[] layers = type.layers(ours);
        for (int i = 0; i < layers.length; i++) {
            Layer expected = type.layers(reference)[i];
            assertThat(layers[i].getIterationCount())
                    .as("iteration count of layer %s", i)
                    .isEqualTo(expected.getIterationCount());
            assertThat(layers[i].getEpochCount())
                    .as("epoch count of layer %s", i)
                    .isEqualTo(expected.getEpochCount());
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
