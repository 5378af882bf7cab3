/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.train.StepReport;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

/** The snippets of the page on Spark. */
@Tag("slow")
@Tag("versions")
class PageTest {

    private final JavaSparkContext context = LocalCluster.of(2);
    private final MultiLayerNetwork network = Nets.mlp().network();

    @Test
    void epochs() {
        JavaRDD<DataSet> batches = LocalCluster.rdd(context, Nets.mlp().partitions(0));
        // snippet
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(16)
                .microBatchSize(32)
                .build()) {
            trainer.fit(batches, 10);
        }
        // end
        assertThat(network.getEpochCount()).isEqualTo(10);
        assertThat(network.getIterationCount()).isEqualTo(10);
    }

    @Test
    void oneStep() {
        JavaRDD<DataSet> window =
                LocalCluster.rdd(context, List.of(Nets.mlp().partitions(0).get(0)));
        var trainer = SparkAccumulationTrainer.builder(context, network).build();
        // snippet
        StepReport report = trainer.step(window);
        // end
        trainer.close();
        assertThat(report.examples()).isEqualTo(7);
    }
}
