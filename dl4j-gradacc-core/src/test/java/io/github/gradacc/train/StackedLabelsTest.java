/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.NetworkClass.GRAPH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Outputs behind a {@code StackVertex}: their labels have several rows for each example, one block below the other. */
class StackedLabelsTest {

    /** Two inputs below each other into shared layers; a second output sees the first input only. */
    private static ComputationGraphConfiguration stacked(boolean isMean, boolean isSecondFirst) {
        return Nets.settings()
                .miniBatch(isMean)
                .l2(0.1)
                .graphBuilder()
                .addInputs("left", "right")
                .addVertex("stack", new StackVertex(), "left", "right")
                .addLayer("shared", new DenseLayer.Builder().nIn(4).nOut(5).build(), "stack")
                .addLayer("both", output(), "shared")
                .addVertex("unstacked", new UnstackVertex(0, 2), "shared")
                .addLayer("one", output(), "unstacked")
                .setOutputs(isSecondFirst ? new String[] {"one", "both"} : new String[] {"both", "one"})
                .build();
    }

    private static Layer output() {
        return new OutputLayer.Builder(LossFunction.MSE).nIn(5).nOut(3).build();
    }

    private static List<MultiDataSet> batches(boolean isSecondFirst, boolean isMasked, int... sizes) {
        Data data = new Data(11, DataType.DOUBLE);
        List<MultiDataSet> batches = new ArrayList<>();
        for (int n : sizes) {
            INDArray both = data.normal(2 * n, 3);
            INDArray one = data.normal(n, 3);
            INDArray mask = data.indices(2, 2 * n, 1);
            batches.add(new MultiDataSet(
                    new INDArray[] {data.normal(n, 4), data.normal(n, 4)},
                    isSecondFirst ? new INDArray[] {one, both} : new INDArray[] {both, one},
                    null,
                    isMasked ? (isSecondFirst ? new INDArray[] {null, mask} : new INDArray[] {mask, null}) : null));
        }
        return batches;
    }

    /** DL4J divides by the rows of the first output's labels. */
    @ParameterizedTest(name = "mean {0}, other output first {1}, masks {2}, {3} workers")
    @CsvSource({
        "true, false, false, 1",
        "true, true, false, 1",
        "true, false, true, 2",
        "true, true, true, 2",
        "false, false, false, 1",
        "false, true, true, 1"
    })
    void equalsNativeTraining(boolean isMean, boolean isSecondFirst, boolean isMasked, int workers) {
        ExactnessCase testCase = ExactnessCase.ofGraph(
                        "stacked",
                        () -> stacked(isMean, isSecondFirst),
                        () -> batches(isSecondFirst, isMasked, 7, 12, 1))
                .windows(1, 3);
        testCase.accumulated(GRAPH, settings -> settings.parallelism(workers))
                .assertSameAs(testCase.natively(GRAPH), Tolerance.DOUBLE);
    }

    /** Each batch has its own blocks; the big batch has each block of all. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void windowsOfSeveralBatchesAreStackedAgain(int workers) {
        ComputationGraph ours = GRAPH.init(stacked(true, false));
        ComputationGraph reference = GRAPH.init(stacked(true, false));
        List<MultiDataSet> batches = batches(false, false, 3, 2);
        MultiDataSet first = batches.get(0);
        MultiDataSet second = batches.get(1);
        MultiDataSet big = new MultiDataSet(
                new INDArray[] {
                    Nd4j.concat(0, first.getFeatures(0), second.getFeatures(0)),
                    Nd4j.concat(0, first.getFeatures(1), second.getFeatures(1))
                },
                new INDArray[] {
                    Nd4j.concat(
                            0,
                            first.getLabels(0).getRows(0, 1, 2),
                            second.getLabels(0).getRows(0, 1),
                            first.getLabels(0).getRows(3, 4, 5),
                            second.getLabels(0).getRows(2, 3)),
                    Nd4j.concat(0, first.getLabels(1), second.getLabels(1))
                });
        reference.fit(big);
        ours.setListeners(new EventLog());
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(2)
                .microBatchSize(2)
                .parallelism(workers)
                .build()) {
            trainer.accumulate(first);
            StepReport report = trainer.accumulate(second).orElseThrow();
            assertThat(report.examples()).isEqualTo(5);
        }
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
    }

    @Test
    void batchNormalizationBehindTheStackIsPooledByItsRows() {
        ExactnessCase.ofGraph(
                        "normalized",
                        () -> Nets.settings()
                                .graphBuilder()
                                .addInputs("left", "right")
                                .addVertex("stack", new StackVertex(), "left", "right")
                                .addLayer(
                                        "norm",
                                        new BatchNormalization.Builder()
                                                .nIn(4)
                                                .nOut(4)
                                                .build(),
                                        "stack")
                                .addLayer(
                                        "out",
                                        new OutputLayer.Builder(LossFunction.MSE)
                                                .nIn(4)
                                                .nOut(3)
                                                .build(),
                                        "norm")
                                .setOutputs("out")
                                .build(),
                        () -> batches(false, false, 7).stream()
                                .map(batch ->
                                        new MultiDataSet(batch.getFeatures(), new INDArray[] {batch.getLabels(0)}))
                                .toList())
                .windows(1, 100)
                .verify();
    }

    @Test
    void reportMeasurementAndProbeKnowThem() {
        ComputationGraph graph = GRAPH.init(stacked(true, false));
        MultiDataSet batch = batches(false, true, 6).get(0);
        assertThat(ExactnessReport.of(graph).isExact()).isTrue();
        assertThat(ExactnessReport.measure(graph, batch).isExact()).isTrue();
        assertThat(SignalPropagation.probe(graph, batch.getFeatures(), batch.getLabels())
                        .toString())
                .contains("both");
    }

    @Test
    void otherNumbersOfRowsAreRefused() {
        ComputationGraph graph = GRAPH.init(stacked(true, false));
        Snapshot before = Snapshot.of(graph);
        MultiDataSet batch = batches(false, false, 4).get(0);
        MultiDataSet short1 =
                new MultiDataSet(batch.getFeatures(), new INDArray[] {batch.getLabels(1), batch.getLabels(1)});
        MultiDataSet long2 =
                new MultiDataSet(batch.getFeatures(), new INDArray[] {batch.getLabels(0), batch.getLabels(0)});
        try (var trainer = GradientAccumulationTrainer.builder(graph).build()) {
            assertThatThrownBy(() -> trainer.fit(short1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("labels[0] has 4")
                    .hasMessageContaining("2 for each example, in 2 blocks: 8");
            assertThatThrownBy(() -> trainer.fit(long2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("labels[1] has 8")
                    .hasMessageContaining("behind a StackVertex");
        }
        assertThat(Snapshot.of(graph)).isEqualTo(before);
        assertThatThrownBy(() -> SignalPropagation.probe(graph, short1.getFeatures(), short1.getLabels()))
                .hasMessageContaining("2 rows for each example");
    }

    /** Inputs that come stacked: example i is rows i and n + i. Whole batches add up, cut ones would not. */
    private static ComputationGraphConfiguration unstacking() {
        return Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex("left", new UnstackVertex(0, 2), "in")
                .addVertex("right", new UnstackVertex(1, 2), "in")
                .addVertex("difference", new ElementWiseVertex(ElementWiseVertex.Op.Subtract), "left", "right")
                .addVertex("twice", new StackVertex(), "difference", "difference")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build(),
                        "twice")
                .setOutputs("out")
                .build();
    }

    @Test
    void stackedInputsAreNotCut() {
        ComputationGraph graph = GRAPH.init(unstacking());
        assertThatThrownBy(() -> GradientAccumulationTrainer.builder(graph)
                        .microBatchSize(4)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("UnstackVertex")
                .hasMessageContaining("leave out microBatchSize");
    }

    @Test
    void stackedInputsAddUpWhole() {
        ComputationGraph ours = GRAPH.init(unstacking());
        ComputationGraph reference = GRAPH.init(unstacking());
        Data data = new Data(4, DataType.DOUBLE);
        MultiDataSet batch = new MultiDataSet(data.normal(12, 4), data.normal(12, 3));
        reference.fit(batch);
        try (var trainer = GradientAccumulationTrainer.builder(ours).build()) {
            trainer.fit(batch);
        }
        ExactnessCase.assertSame(ours, reference, Tolerance.DOUBLE);
    }
}
