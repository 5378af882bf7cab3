/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.NonFiniteGradientException;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

/** Windows that are dropped, because a gradient is not finite or a filter vetoes the step. */
@Tag("slow")
class SkippedTest {

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = Nets.mlp();
    private final MultiLayerNetwork network = row.network();
    private final JavaRDD<DataSet> good = LocalCluster.rdd(context, row.partitions(0));

    private JavaRDD<DataSet> bad() {
        List<List<DataSet>> partitions = row.partitions(1);
        partitions.get(2).get(1).getFeatures().putScalar(0, Double.NaN);
        return LocalCluster.rdd(context, partitions);
    }

    @Test
    void aWindowWithNanInOnePartitionIsDroppedAndTheNextStepGoesOn() {
        MultiLayerNetwork reference = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, reference).build()) {
            trainer.step(good);
            trainer.step(good);
        }
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .nonFinite(NonFinitePolicy.SKIP_STEP, 1)
                .build()) {
            trainer.step(good);
            double[] before = network.params().toDoubleVector();
            StepReport dropped = trainer.step(bad());
            assertThat(dropped.stepped()).isFalse();
            assertThat(dropped.examples()).isZero();
            assertThat(dropped.skippedMicroBatches()).isEqualTo(5);
            assertThat(dropped.skippedExamples()).isEqualTo(21);
            assertThat(network.params().toDoubleVector()).containsExactly(before);
            assertThat(network.getIterationCount()).isEqualTo(1);

            StepReport next = trainer.step(good);
            assertThat(next.stepped()).isTrue();
            assertThat(network.params().toDoubleVector())
                    .containsExactly(reference.params().toDoubleVector());
            assertThat(network.getUpdater().getStateViewArray().toDoubleVector())
                    .containsExactly(reference.getUpdater().getStateViewArray().toDoubleVector());

            // The step began the count anew.
            assertThat(trainer.step(bad()).stepped()).isFalse();
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.step(bad()))
                    .withMessageContaining("More windows in a row than 1")
                    .withMessageContaining("Batch 1 of partition 2: ");
            assertThat(network.params().toDoubleVector())
                    .containsExactly(reference.params().toDoubleVector());
        }
    }

    @Test
    void aFilterVetoesStepsOnTheDriver() {
        double[] before = network.params().toDoubleVector();
        List<StepReport> asked = new ArrayList<>();
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .stepFilter(candidate -> {
                    asked.add(candidate);
                    return asked.size() > 1;
                })
                .build()) {
            assertThat(trainer.step(good).stepped()).isFalse();
            assertThat(network.params().toDoubleVector()).containsExactly(before);
            StepReport taken = trainer.step(good);
            assertThat(taken.stepped()).isTrue();
            assertThat(taken.gradientNorm()).isPositive().isFinite();
            assertThat(asked).hasSize(2).endsWith(taken);
        }
        MultiLayerNetwork reference = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, reference).build()) {
            trainer.step(good);
        }
        assertThat(network.params().toDoubleVector())
                .containsExactly(reference.params().toDoubleVector());
    }

    @Test
    void whatCannotBeSharedOutIsRefused() {
        var builder = SparkAccumulationTrainer.builder(context, network);
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        builder.nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH).build())
                .withMessageContaining("SKIP_STEP");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.nonFinite(NonFinitePolicy.SKIP_STEP, 0))
                .withMessageContaining("mostInARow must be at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.partitions(0))
                .withMessageContaining("partitions must be at least 1, got 0");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.checkpoints(null));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.stepFilter(null));
    }
}
