/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Steps of two executors in processes of their own, against training in one place. */
@Tag("slow")
class ExactStepTest {

    private static final int STEPS = 2;

    /** Of numbers that are sums of the same terms in another order. */
    private static final double ROUNDING = 1e-12;

    private final JavaSparkContext context = LocalCluster.of(2);

    static Stream<Row> equalToTheBigBatch() {
        return Stream.of(
                Nets.mlp(),
                Nets.leNet(),
                Nets.maskedSequences(),
                Nets.centerLoss(),
                Nets.frozen(),
                Nets.clipped(),
                Nets.oneExampleEach(),
                Nets.morePartitionsThanBatches());
    }

    static Stream<Arguments> equalToOneTrainer() {
        return Stream.of(
                Arguments.of(Nets.batchNorm(), BatchNormStatistics.POOLED),
                Arguments.of(Nets.batchNorm(), BatchNormStatistics.SEQUENTIAL),
                Arguments.of(Nets.dropout(), BatchNormStatistics.POOLED));
    }

    @ParameterizedTest
    @MethodSource("equalToTheBigBatch")
    void isTheStepOnTheBigBatch(Row row) {
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .microBatchSize(3)
                .build()) {
            for (int step = 0; step < STEPS; step++) {
                List<List<DataSet>> partitions = row.partitions(step);
                DataSet union =
                        DataSet.merge(partitions.stream().flatMap(List::stream).toList());
                reference.fit(union);
                StepReport report = trainer.step(LocalCluster.rdd(context, partitions));
                assertThat(report.examples()).isEqualTo(union.numExamples());
                assertClose(report.score(), reference.score());
            }
        }
        assertSame(network, reference);
    }

    @ParameterizedTest
    @MethodSource("equalToOneTrainer")
    void isTheStepOfTheTrainerOnOneMachine(Row row, BatchNormStatistics statistics) {
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        try (var one = GradientAccumulationTrainer.builder(reference)
                        .accumulationSteps(row.batches())
                        .microBatchSize(4)
                        .batchNormStatistics(statistics)
                        .build();
                var trainer = SparkAccumulationTrainer.builder(context, network)
                        .microBatchSize(4)
                        .batchNormStatistics(statistics)
                        .build()) {
            for (int step = 0; step < STEPS; step++) {
                List<List<DataSet>> partitions = row.partitions(step);
                partitions.stream().flatMap(List::stream).forEach(one::accumulate);
                trainer.step(LocalCluster.rdd(context, partitions));
            }
        }
        assertSame(network, reference);
    }

    @Test
    void ofAGraphWithTwoInputs() {
        ComputationGraph reference = Nets.twoInputs();
        ComputationGraph graph = Nets.twoInputs();
        try (var trainer = SparkAccumulationTrainer.builder(context, graph).build()) {
            for (int step = 0; step < STEPS; step++) {
                List<MultiDataSet> batches = Nets.pairs(step);
                List<org.nd4j.linalg.dataset.MultiDataSet> all = new ArrayList<>();
                batches.forEach(batch -> all.add((org.nd4j.linalg.dataset.MultiDataSet) batch));
                reference.fit(org.nd4j.linalg.dataset.MultiDataSet.merge(all));
                trainer.stepMultiDataSet(
                        LocalCluster.rdd(context, List.of(batches.subList(0, 2), List.of(), batches.subList(2, 3))));
            }
        }
        assertClose(graph.params(), reference.params());
        assertClose(
                graph.getUpdater().getStateViewArray(), reference.getUpdater().getStateViewArray());
    }

    /** Native training has one pass over all examples, and so has this window: running statistics are the same. */
    @Test
    void ofBatchNormInOneMicroBatch() {
        Row row = Nets.batchNormInOnePlace();
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, network).build()) {
            for (int step = 0; step < STEPS; step++) {
                reference.fit(row.partitions(step).get(1).get(0));
                trainer.step(LocalCluster.rdd(context, row.partitions(step)));
            }
        }
        assertSame(network, reference);
    }

    @Test
    void withSeveralPassesAtATimeInEachTask() {
        Row row = Nets.mlp();
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        List<List<DataSet>> partitions = row.partitions(0);
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .microBatchSize(2)
                .parallelism(2)
                .build()) {
            trainer.step(LocalCluster.rdd(context, partitions));
        }
        reference.fit(DataSet.merge(partitions.stream().flatMap(List::stream).toList()));
        assertSame(network, reference);
    }

    @Test
    void ofMeansOverUnmaskedSteps() {
        Row row = Nets.maskedSequences();
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        try (var one = GradientAccumulationTrainer.builder(reference)
                        .accumulationSteps(row.batches())
                        .lossNormalization(LossNormalization.UNMASKED)
                        .build();
                var trainer = SparkAccumulationTrainer.builder(context, network)
                        .lossNormalization(LossNormalization.UNMASKED)
                        .build()) {
            List<List<DataSet>> partitions = row.partitions(0);
            partitions.stream().flatMap(List::stream).forEach(one::accumulate);
            trainer.step(LocalCluster.rdd(context, partitions));
        }
        assertSame(network, reference);
    }

    @Test
    void epochsAreDealtInRounds() {
        Row row = Nets.mlp();
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        List<List<DataSet>> partitions = row.partitions(0);
        List<DataSet> a = partitions.get(0);
        List<DataSet> c = partitions.get(2);
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(3)
                .build()) {
            trainer.fit(LocalCluster.rdd(context, partitions), 2);
        }
        for (int epoch = 0; epoch < 2; epoch++) {
            reference.fit(DataSet.merge(List.of(a.get(0), a.get(1), c.get(0))));
            reference.fit(DataSet.merge(List.of(c.get(1), c.get(2))));
        }
        assertSame(network, reference);
        assertThat(network.getIterationCount()).isEqualTo(4);
        assertThat(network.getEpochCount()).isEqualTo(2);
    }

    @Test
    void ofSavedDataSets(@TempDir Path folder) throws IOException {
        Row row = Nets.mlp();
        MultiLayerNetwork reference = row.network();
        MultiLayerNetwork network = row.network();
        List<String> paths = new ArrayList<>();
        List<DataSet> saved = row.partitions(0).get(2);
        for (DataSet batch : saved) {
            Path file = Files.createTempFile(folder, "batch", ".bin");
            batch.save(file.toFile());
            paths.add(file.toUri().toString());
        }
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(5)
                .build()) {
            trainer.fitPaths(context.parallelize(paths, 2), 2);
        }
        reference.fit(DataSet.merge(saved));
        reference.fit(DataSet.merge(saved));
        assertSame(network, reference);
    }

    private static void assertSame(MultiLayerNetwork network, MultiLayerNetwork reference) {
        assertClose(network.params(), reference.params());
        assertClose(
                network.getUpdater().getStateViewArray(), reference.getUpdater().getStateViewArray());
    }

    private static void assertClose(double actual, double expected) {
        assertThat(Math.abs(actual - expected)).isLessThanOrEqualTo(ROUNDING * Math.max(1e-3, Math.abs(expected)));
    }

    /** Elements of one array are sums of like terms: the large ones set the rounding error of all. */
    private static void assertClose(INDArray actual, INDArray expected) {
        double scale = expected.amaxNumber().doubleValue();
        assertThat(actual.toDoubleVector()).doesNotContain(Double.NaN);
        assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThanOrEqualTo(ROUNDING * scale);
    }
}
