/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches.Maker;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.NetworkClass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;

/** What the networks of this package are trained on, and how. */
final class Networks {

    /** Examples of each batch, which is a window: micro-batches of 4 + 4 + 3, 4 + 4 + 4 and 5 + 4 + 4. */
    private static final int[] EXAMPLES = {11, 12, 13};

    /** At most so many examples to a micro-batch. */
    private static final int PASS = 5;

    static final List<Integer> WORKERS = List.of(1, 2);

    private Networks() {}

    /** Layers in a row, and three batches. */
    static ExactnessCase layers(
            String name, Supplier<MultiLayerConfiguration> configuration, Maker features, Maker labels) {
        return layers(name, configuration, (data, n) -> new DataSet(features.make(data, n), labels.make(data, n)));
    }

    /** Layers in a row, and three batches that may have masks. */
    static ExactnessCase layers(
            String name, Supplier<MultiLayerConfiguration> configuration, BiFunction<Data, Integer, DataSet> batch) {
        return asHere(ExactnessCase.of(name, configuration, () -> batches(batch)));
    }

    /** A graph with one input and one output, and three batches. */
    static ExactnessCase graph(
            String name, Supplier<ComputationGraphConfiguration> configuration, Maker features, Maker labels) {
        return graph(name, configuration, (data, n) -> new MultiDataSet(features.make(data, n), labels.make(data, n)));
    }

    /** A graph, and three batches. */
    static ExactnessCase graph(
            String name,
            Supplier<ComputationGraphConfiguration> configuration,
            BiFunction<Data, Integer, MultiDataSet> batch) {
        return asHere(ExactnessCase.ofGraph(name, configuration, () -> batches(batch)));
    }

    /** Several arrays of a batch. */
    static INDArray[] arrays(INDArray... arrays) {
        return arrays;
    }

    private static ExactnessCase asHere(ExactnessCase testCase) {
        return testCase.windows(1, PASS).epochs(1);
    }

    private static <T> List<T> batches(BiFunction<Data, Integer, T> batch) {
        Data data = new Data(71, DataType.DOUBLE);
        List<T> batches = new ArrayList<>();
        for (int examples : EXAMPLES) {
            batches.add(batch.apply(data, examples));
        }
        return batches;
    }

    /**
     * Trains natively, and by the trainer with one worker and with two; compares all that training leaves behind or
     * tells a listener. The library's own verdict, and its measurement, must be that they are equal.
     */
    static <T extends Model> void verify(ExactnessCase testCase, NetworkClass<T> type) {
        T untrained = testCase.workload().network(type);
        assertThat(type.report(untrained).findings()).isEmpty();
        // Once for each network: the graph of a row of layers has the same gradients.
        if (type == testCase.workload().type()) {
            assertThat(type.measure(untrained, testCase.workload().firstBatch()))
                    .satisfies(measured -> assertThat(measured.isExact())
                            .as(measured.toString())
                            .isTrue());
        }
        var reference = testCase.natively(type);
        assertThat(largest(reference.network().params().sub(untrained.params())))
                .as("movement of the parameters")
                .isGreaterThan(1e-6);
        for (int workers : WORKERS) {
            testCase.accumulated(type, trainer -> trainer.parallelism(workers))
                    .assertSameAs(reference, testCase.tolerance());
        }
    }

    static double largest(INDArray array) {
        return array.amaxNumber().doubleValue();
    }
}
