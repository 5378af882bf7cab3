/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.train.StepReport;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.dataset.DataSet;

/** The snippets of the page on Spark. */
@Tag("slow")
@Tag("versions")
class PageTest {

    private final JavaSparkContext context = LocalCluster.of(2);
    private final MultiLayerNetwork network = Nets.mlp().network();

    @TempDir
    private Path folder;

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

    @Test
    void files() {
        List<DataSet> saved = Nets.mlp().partitions(0).get(2);
        for (int i = 0; i < saved.size(); i++) {
            saved.get(i).save(folder.resolve("batch" + i).toFile());
        }
        var trainer = SparkAccumulationTrainer.builder(context, network).build();
        // snippet
        trainer.fit("file:" + folder, 2);
        // end
        trainer.close();
        assertThat(network.getIterationCount()).isEqualTo(2 * saved.size());
    }

    @Test
    void checkpoints() {
        JavaRDD<DataSet> batches = LocalCluster.rdd(context, Nets.mlp().partitions(0));
        Path directory = folder.resolve("checkpoints");
        // snippet
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(16)
                .partitions(2)
                .checkpoints(CheckpointedTraining.in(directory).everySteps(100).keepLast(3))
                .build()) {
            trainer.fit(batches, 10);
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(10);
        assertThat(directory.resolve("step-0000000010.zip")).exists();
    }

    @Test
    void measured() {
        JavaRDD<DataSet> held = LocalCluster.rdd(context, Nets.mlp().partitions(0));
        var trainer = SparkAccumulationTrainer.builder(context, network).build();
        // snippet
        Evaluation evaluation = trainer.evaluate(held);
        double score = trainer.score(held);
        RegressionEvaluation errors = trainer.doEvaluation(held, new RegressionEvaluation(3));
        // end
        trainer.close();
        assertThat(evaluation.getNumRowCounter()).isEqualTo(21);
        assertThat(score).isPositive();
        assertThat(errors.meanSquaredError(0)).isPositive();
    }
}
