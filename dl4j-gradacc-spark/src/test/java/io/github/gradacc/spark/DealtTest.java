/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.spark.Nets.Row;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Batches that are dealt to partitions by their position. */
@Tag("slow")
class DealtTest {

    /** Of numbers that are sums of the same terms in another order. */
    private static final double ROUNDING = 1e-12;

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = Nets.dropout();
    private final List<DataSet> batches =
            row.partitions(0).stream().flatMap(List::stream).toList();

    @Test
    void goRoundInTheirOrder() {
        List<Integer> numbers = List.of(0, 1, 2, 3, 4, 5, 6);
        for (int own : new int[] {1, 3, 9}) {
            assertThat(Dealer.deal(context.parallelize(numbers, own), 3).glom().collect())
                    .containsExactly(List.of(0, 3, 6), List.of(1, 4), List.of(2, 5));
        }
        assertThat(Dealer.deal(context.parallelize(List.of(8), 2), 3).glom().collect())
                .containsExactly(List.of(8), List.of(), List.of());
        assertThat(Dealer.deal(context.<Integer>emptyRDD(), 2).glom().collect()).containsExactly(List.of(), List.of());
    }

    @Test
    void theBitsDependOnTheOrderAndNotOnThePartitionsOfTheData() {
        double[] dealt = trained(List.of(batches), 2);
        assertThat(trained(List.of(batches.subList(0, 1), List.of(), batches.subList(1, 5)), 2))
                .containsExactly(dealt);
        assertThat(trained(batches.stream().map(List::of).toList(), 2)).containsExactly(dealt);
        List<List<DataSet>> byHand = List.of(
                List.of(batches.get(0), batches.get(2), batches.get(4)), List.of(batches.get(1), batches.get(3)));
        assertThat(trained(byHand, 0)).as("partitions made by hand").containsExactly(dealt);
        assertThat(trained(List.of(batches), 3)).as("other partitions").isNotEqualTo(dealt);
    }

    private double[] trained(List<List<DataSet>> data, int partitions) {
        MultiLayerNetwork network = row.network();
        var builder = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(4)
                .microBatchSize(2);
        if (partitions > 0) {
            builder.partitions(partitions);
        }
        try (var trainer = builder.build()) {
            trainer.fit(LocalCluster.rdd(context, data), 1);
        }
        return network.params().toDoubleVector();
    }

    @Test
    void windowsAreBatchesThatFollowOneAnother() {
        Row dense = Nets.mlp();
        MultiLayerNetwork network = dense.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(3)
                .partitions(2)
                .build()) {
            trainer.fit(LocalCluster.rdd(context, List.of(batches)), 1);
        }
        MultiLayerNetwork reference = dense.network();
        reference.fit(DataSet.merge(batches.subList(0, 3)));
        reference.fit(DataSet.merge(batches.subList(3, 5)));
        INDArray difference = network.params().sub(reference.params());
        assertThat(difference.amaxNumber().doubleValue())
                .isLessThanOrEqualTo(ROUNDING * reference.params().amaxNumber().doubleValue());
    }
}
