/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.MicroBatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.evaluation.classification.EvaluationCalibration;
import org.nd4j.evaluation.classification.ROCMultiClass;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.adapter.SingletonMultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/** Evaluation and score of an RDD, against DL4J's own of all examples in one batch. */
@Tag("slow")
class MeasuredTest {

    /** Of numbers that are sums of the same terms in another order. */
    private static final double ROUNDING = 1e-12;

    private final JavaSparkContext context = LocalCluster.of(2);

    static Stream<Row> rows() {
        return Stream.of(Nets.mlp(), Nets.maskedSequences(), Nets.batchNorm());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void isThatOfAllExamplesAtOnce(Row row) {
        MultiLayerNetwork network = row.network();
        List<List<DataSet>> partitions = row.partitions(0);
        DataSet union = DataSet.merge(partitions.stream().flatMap(List::stream).toList());
        network.fit(union);
        MultiLayerNetwork before = network.clone();
        double lastScore = network.score();
        double expected = before.score(union);
        JavaRDD<DataSet> data = LocalCluster.rdd(context, partitions);
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .microBatchSize(3)
                .build()) {
            assertThat(trainer.score(data)).isEqualTo(expected, within(ROUNDING * expected));
            double sum = expected * union.numExamples();
            assertThat(trainer.calculateScore(data, false)).isEqualTo(sum, within(ROUNDING * sum));

            Evaluation evaluation = trainer.evaluate(data);
            Evaluation native1 = before.evaluate(new ListDataSetIterator<>(List.of(union), 1000));
            assertThat(evaluation.confusionToString()).isEqualTo(native1.confusionToString());
            assertThat(evaluation.getNumRowCounter()).isEqualTo(native1.getNumRowCounter());
            assertThat(evaluation.stats()).isEqualTo(native1.stats());

            RegressionEvaluation errors = trainer.doEvaluation(data, new RegressionEvaluation(3));
            RegressionEvaluation nativeErrors = before.doEvaluation(
                            new ListDataSetIterator<>(List.of(union), 1000), new RegressionEvaluation(3))[0];
            for (int column = 0; column < 3; column++) {
                double squared = nativeErrors.meanSquaredError(column);
                assertThat(errors.meanSquaredError(column)).isEqualTo(squared, within(ROUNDING * squared));
                assertThat(errors.rSquared(column)).isEqualTo(nativeErrors.rSquared(column), within(1e-10));
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.doEvaluation(data, new EvaluationCalibration()))
                    .withMessageContaining("leaves histograms out");
        }
        assertThat(network.params()).isEqualTo(before.params());
        assertThat(network.score()).isEqualTo(lastScore);
    }

    @Test
    void ofAGraphWithTwoInputs() {
        ComputationGraph graph = Nets.twoInputs();
        List<org.nd4j.linalg.dataset.api.MultiDataSet> batches = Nets.pairs(0);
        List<MultiDataSet> all = new ArrayList<>();
        batches.forEach(batch -> all.add((MultiDataSet) batch));
        org.nd4j.linalg.dataset.api.MultiDataSet union = MultiDataSet.merge(all);
        var data = LocalCluster.rdd(context, List.of(batches.subList(0, 2), List.of(), batches.subList(2, 3)));
        try (var trainer = SparkAccumulationTrainer.builder(context, graph)
                .microBatchSize(2)
                .build()) {
            double expected = graph.score(union);
            assertThat(trainer.scoreMultiDataSet(data)).isEqualTo(expected, within(ROUNDING * expected));
            assertThat(trainer.calculateScoreMultiDataSet(data, false))
                    .isEqualTo(10 * expected, within(10 * ROUNDING * expected));
            assertThat(trainer.evaluateMultiDataSet(data).stats())
                    .isEqualTo(graph.evaluate(new SingletonMultiDataSetIterator(union))
                            .stats());
            ROCMultiClass exact = new ROCMultiClass(0);
            graph.doEvaluation(new SingletonMultiDataSetIterator(union), exact);
            ROCMultiClass roc = trainer.doEvaluationMultiDataSet(data, new ROCMultiClass(0));
            for (int c = 0; c < 3; c++) {
                assertThat(roc.calculateAUC(c)).isEqualTo(exact.calculateAUC(c), within(ROUNDING));
            }
        }
    }

    @Test
    void badDataIsNamed() {
        MultiLayerNetwork network = Nets.mlp().network();
        List<List<DataSet>> partitions = Nets.mlp().partitions(0);
        DataSet good = partitions.get(2).set(1, null);
        try (var trainer = SparkAccumulationTrainer.builder(context, network).build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.score(LocalCluster.rdd(context, partitions)))
                    .withMessage("Batch 1 of partition 2: A batch is needed, got null");
            partitions
                    .get(2)
                    .set(1, new DataSet(Nd4j.zeros(2, 5), good.getLabels().getRows(0, 1)));
            assertThatExceptionOfType(MicroBatchException.class)
                    .isThrownBy(() -> trainer.evaluate(LocalCluster.rdd(context, partitions)))
                    .withMessageStartingWith("Batch 1 of partition 2: The forward pass")
                    .withMessageContaining("features [2, 5]");
            JavaRDD<DataSet> none = LocalCluster.rdd(context, List.of(List.of(), List.of()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.score(none))
                    .withMessageContaining("no batch in any of its 2 partitions");
            assertThat(trainer.evaluate(none).getNumRowCounter()).isZero();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.evaluate(null))
                    .withMessageContaining("null");
        }
    }
}
