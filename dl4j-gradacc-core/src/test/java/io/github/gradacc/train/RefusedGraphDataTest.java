/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * A batch that does not fit a graph is refused before anything is computed, whichever way it comes; the graph is
 * untouched, and what was accumulated before counts. A graph with two inputs and two outputs, trained for a step.
 */
class RefusedGraphDataTest {

    record Unfit(String name, MultiDataSet batch, List<String> complaint) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Data data = new Data(6, DataType.DOUBLE);
    private final ComputationGraph graph = newGraph();
    private final ComputationGraph reference = newGraph();

    private GradientAccumulationTrainer trainer;

    @BeforeEach
    void takeAStep() {
        MultiDataSet batch = good(4);
        reference.fit(batch);
        trainer = GradientAccumulationTrainer.builder(graph)
                .accumulationSteps(2)
                .microBatchSize(3)
                .build();
        trainer.fit(batch);
    }

    @AfterEach
    void close() {
        trainer.close();
    }

    static Stream<Unfit> unfit() {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray left = data.normal(4, 4);
        INDArray right = data.normal(4, 2);
        INDArray first = data.oneHot(4, 3);
        INDArray second = data.oneHot(4, 2);
        INDArray mask = data.indices(2, 4, 1);
        INDArray[] features = {left, right};
        INDArray[] labels = {first, second};
        return Stream.of(
                unfit(
                        "an input is missing",
                        arrays(left),
                        labels,
                        null,
                        null,
                        "2 inputs",
                        "1 feature",
                        "[left, right]"),
                unfit("an input too many", arrays(left, right, left), labels, null, null, "2 inputs", "3 feature"),
                unfit("an output is missing", features, arrays(first), null, null, "2 outputs", "1 label", "[first,"),
                unfit("an output too many", features, arrays(first, second, first), null, null, "3 label arrays"),
                unfit(
                        "a features mask is missing",
                        features,
                        labels,
                        arrays(mask),
                        null,
                        "2 feature",
                        "1 feature mask"),
                unfit("a features mask too many", features, labels, new INDArray[3], null, "3 feature masks"),
                unfit("no features mask at all", features, labels, new INDArray[0], null, "0 feature masks"),
                unfit("a labels mask is missing", features, labels, null, arrays(mask), "2 label", "1 label masks"),
                unfit("a labels mask too many", features, labels, null, new INDArray[3], "3 label masks"),
                unfit(
                        "fewer examples in an input",
                        arrays(left, data.normal(3, 2)),
                        labels,
                        null,
                        null,
                        "features[1] has 3"),
                unfit(
                        "more examples in labels",
                        features,
                        arrays(first, data.oneHot(5, 2)),
                        null,
                        null,
                        "labels[1] has 5"),
                unfit(
                        "fewer examples in a features mask",
                        features,
                        labels,
                        arrays(null, data.indices(2, 3, 1)),
                        null,
                        "features mask[1] has 3"),
                unfit(
                        "more examples in a labels mask",
                        features,
                        labels,
                        null,
                        arrays(data.indices(2, 5, 1), null),
                        "labels mask[0] has 5"),
                unfit("an input is null", arrays(left, null), labels, null, null, "features[1] is null"),
                unfit("labels are null", features, arrays(null, second), null, null, "labels[0] is null"));
    }

    @ParameterizedTest
    @MethodSource("unfit")
    void isRefusedAndTheGraphIsUntouched(Unfit unfit) {
        Snapshot before = Snapshot.of(graph);
        refused(unfit, () -> trainer.fit(unfit.batch()));
        refused(unfit, () -> trainer.accumulate(unfit.batch()));
        refused(unfit, () -> trainer.fit(new Listed(List.of(unfit.batch()))));
        before.assertUnchanged(graph);
        assertThat(trainer.flush()).as("nothing is pending").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("unfit")
    void theOpenWindowGoesOnWithoutIt(Unfit unfit) {
        MultiDataSet one = good(4);
        MultiDataSet two = good(3);
        reference.fit(MultiDataSet.merge(List.of(one, two)));

        trainer.accumulate(one);
        refused(unfit, () -> trainer.accumulate(unfit.batch()));
        assertThat(trainer.accumulate(two))
                .hasValueSatisfying(step -> assertThat(step.examples()).isEqualTo(7));
        ExactnessCase.assertSame(graph, reference, Tolerance.DOUBLE);
    }

    private static void refused(Unfit unfit, ThrowingCallable call) {
        assertThatIllegalArgumentException()
                .isThrownBy(call)
                .withMessageContainingAll(unfit.complaint().toArray(String[]::new));
    }

    private static ComputationGraph newGraph() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("left", "right")
                .setInputTypes(InputType.feedForward(4), InputType.feedForward(2))
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer("dense", dense(5), "both")
                .addLayer("first", softmax(3), "dense")
                .addLayer("second", softmax(2), "dense")
                .setOutputs("first", "second")
                .build());
        graph.init();
        return graph;
    }

    private MultiDataSet good(int n) {
        return new MultiDataSet(
                arrays(data.normal(n, 4), data.normal(n, 2)), arrays(data.oneHot(n, 3), data.oneHot(n, 2)));
    }

    private static Unfit unfit(
            String name,
            INDArray[] features,
            INDArray[] labels,
            INDArray[] featuresMasks,
            INDArray[] labelsMasks,
            String... complaint) {
        // The constructor checks the number of masks, the setters do not.
        MultiDataSet batch = new MultiDataSet(features, labels);
        batch.setFeaturesMaskArrays(featuresMasks);
        batch.setLabelsMaskArray(labelsMasks);
        return new Unfit(name, batch, List.of(complaint));
    }

    private static INDArray[] arrays(INDArray... arrays) {
        return arrays;
    }
}
