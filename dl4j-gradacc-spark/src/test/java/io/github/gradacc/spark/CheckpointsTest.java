/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.NonFiniteGradientException;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.SkippedWindow;
import io.github.gradacc.train.TrainingInterruptedException;
import io.github.gradacc.train.WindowListener;
import io.github.gradacc.train.WindowNorms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;

/** A training that ends early on the driver, and is run again, ends with the bits of one that does not. */
@Tag("slow")
class CheckpointsTest {

    private static final int EPOCHS = 2;

    /** Five batches, three to a window. */
    private static final int STEPS = 2 * EPOCHS;

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = noisy();

    @TempDir
    private Path folder;

    private static Row noisy() {
        Row dense = Nets.dropout();
        return new Row(
                "dropout and batch norm",
                dense.input(),
                List.of(
                        new DenseLayer.Builder()
                                .nOut(7)
                                .dropOut(new Dropout(0.7))
                                .build(),
                        new BatchNormalization(),
                        dense.layers().get(1)),
                dense.sizes(),
                dense.batch());
    }

    /** Fails in place of a machine. */
    private static final class PowerCut extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Fails at the second step of each run, and, if that has not come, when an epoch starts that is not the first. */
    private static final class Cuts extends BaseTrainingListener {
        private int steps;

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            if (++steps == 2) {
                throw new PowerCut();
            }
        }

        @Override
        public void onEpochStart(Model model) {
            if (steps == 1) {
                throw new PowerCut();
            }
        }
    }

    @Test
    void aTrainingCutOffAtEveryStepEndsWithTheSameBits() throws IOException {
        MultiLayerNetwork undisturbed = row.network();
        try (var trainer = trainer(undisturbed, builder -> builder)) {
            trainer.fit(LocalCluster.rdd(context, row.partitions(0)), EPOCHS);
        }
        int runs = 0;
        MultiLayerNetwork network;
        boolean isCut;
        do {
            network = row.network();
            network.setListeners(new Cuts());
            isCut = run(network);
            runs++;
            // The step in which a run is cut off is lost with it.
            assertThat(steps()).isEqualTo(Math.min(runs, STEPS));
        } while (isCut);
        assertThat(runs).isEqualTo(STEPS);
        assertEqualBits(network, undisturbed);
        assertThat(network.score()).isEqualTo(undisturbed.score());
        assertEqualBits(MultiLayerNetwork.load(newest().toFile(), true), undisturbed);

        MultiLayerNetwork again = row.network();
        again.setListeners(new Cuts());
        assertThat(run(again)).as("nothing is left to do").isFalse();
        assertEqualBits(again, undisturbed);
    }

    private boolean run(MultiLayerNetwork network) {
        try (var trainer = saving(network, builder -> builder)) {
            trainer.fit(LocalCluster.rdd(context, row.partitions(0)), EPOCHS);
            return false;
        } catch (PowerCut e) {
            return true;
        }
    }

    @Test
    void whoeverStopsItOnPurposeLosesNoStep() throws IOException {
        MultiLayerNetwork undisturbed = row.network();
        try (var trainer = trainer(undisturbed, builder -> builder.stepFilter(candidate -> true))) {
            trainer.fit(LocalCluster.rdd(context, row.partitions(0)), 1);
        }
        MultiLayerNetwork between = row.network();
        between.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                Thread.currentThread().interrupt();
            }
        });
        assertStops(between, 1);
        MultiLayerNetwork within = row.network();
        assertStops(
                within,
                1,
                builder -> builder.stepFilter(candidate -> {
                    Thread.currentThread().interrupt();
                    throw new PowerCut();
                }));
        // A step is taken, and what follows it fails: it is not known how far that came.
        MultiLayerNetwork after = row.network();
        after.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                Thread.currentThread().interrupt();
                throw new PowerCut();
            }
        });
        assertStops(after, 1);
        MultiLayerNetwork network = row.network();
        try (var trainer = saving(network, builder -> builder.stepFilter(candidate -> true))) {
            trainer.fit(LocalCluster.rdd(context, row.partitions(0)), 1);
            assertEqualBits(network, undisturbed);
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, row.partitions(0)), 1))
                    .withMessageContaining("one call of fit");
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, row.partitions(0))))
                    .withMessageContaining("trains by fit");
        }
    }

    private void assertStops(MultiLayerNetwork network, int steps) throws IOException {
        assertStops(network, steps, builder -> builder.stepFilter(candidate -> true));
    }

    private void assertStops(MultiLayerNetwork network, int steps, UnaryOperator<SparkAccumulationTrainer.Builder> more)
            throws IOException {
        try (var trainer = saving(network, more)) {
            assertThatExceptionOfType(TrainingInterruptedException.class)
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, row.partitions(0)), 1))
                    .withMessageContaining("saved at step " + steps);
        }
        assertThat(Thread.interrupted()).as("the status stays").isTrue();
        assertThat(steps()).isEqualTo(steps);
    }

    @Test
    void otherDataAndOtherSettingsAreRefused() {
        MultiLayerNetwork cut = row.network();
        cut.setListeners(new Cuts());
        assertThat(run(cut)).isTrue();
        MultiLayerNetwork network = row.network();
        double[] before = network.params().toDoubleVector();
        List<List<DataSet>> other = row.partitions(0);
        other.get(2).get(2).getFeatures().putScalar(0, 0.5);
        assertRefused(network, other, builder -> builder, "had other data", "5 batches in 3 partitions, checksum");
        List<List<DataSet>> moved = row.partitions(0);
        assertRefused(
                network,
                List.of(moved.get(0), moved.get(2)),
                builder -> builder,
                "had other data",
                "5 batches in 3 partitions",
                "now 5 batches in 2 partitions");
        List<List<DataSet>> same = row.partitions(0);
        assertRefused(network, same, builder -> builder.batchesPerStep(2), "batchesPerStep is 3 in the file, 2 here");
        assertRefused(
                network, same, builder -> builder.partitions(3), "partitions is those of the data in the file, 3 here");
        assertRefused(network, same, builder -> builder.microBatchSize(4), "microBatchSize is 3 in the file, 4 here");
        assertRefused(Nets.mlp().network(), same, builder -> builder, "the configurations differ");
        assertThat(network.params().toDoubleVector()).containsExactly(before);
        assertThat(network.getIterationCount()).isZero();
    }

    private void assertRefused(
            MultiLayerNetwork network,
            List<List<DataSet>> data,
            UnaryOperator<SparkAccumulationTrainer.Builder> more,
            String... words) {
        try (var trainer = saving(network, more)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, data), EPOCHS))
                    .withMessageContainingAll(words);
        }
    }

    /** Interrupts at each window that is dropped. */
    private static final class Skipped extends BaseTrainingListener implements WindowListener {
        @Override
        public void onWindow(Model model, WindowNorms norms) {
            // Steps that are taken are of no interest.
        }

        @Override
        public void onSkipped(Model model, SkippedWindow window) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theCountOfDroppedWindowsGoesOn() {
        List<List<DataSet>> bad = row.partitions(0);
        bad.get(0).get(0).getFeatures().putScalar(0, Double.NaN);
        bad.get(2).get(1).getFeatures().putScalar(0, Double.NaN);
        // Batches are dealt in rounds: the first window has three, the second batches 1 and 2 of partition 2.
        MultiLayerNetwork first = row.network();
        first.setListeners(new Skipped());
        try (var trainer = saving(first, CheckpointsTest::dropping)) {
            assertThatExceptionOfType(TrainingInterruptedException.class)
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, bad), 1));
        }
        assertThat(Thread.interrupted()).isTrue();
        try (var trainer = saving(row.network(), CheckpointsTest::dropping)) {
            assertThatThrownBy(() -> trainer.fit(LocalCluster.rdd(context, bad), 1))
                    .isInstanceOf(NonFiniteGradientException.class)
                    .hasMessageContaining("More windows in a row than 1");
        }
    }

    private static SparkAccumulationTrainer.Builder dropping(SparkAccumulationTrainer.Builder builder) {
        return builder.nonFinite(NonFinitePolicy.SKIP_STEP, 1);
    }

    private SparkAccumulationTrainer saving(
            MultiLayerNetwork network, UnaryOperator<SparkAccumulationTrainer.Builder> more) {
        return trainer(
                network,
                builder -> more.apply(builder.checkpoints(
                        CheckpointedTraining.in(folder).everySteps(1).every(Duration.ofHours(1)))));
    }

    private SparkAccumulationTrainer trainer(
            MultiLayerNetwork network, UnaryOperator<SparkAccumulationTrainer.Builder> more) {
        return more.apply(SparkAccumulationTrainer.builder(context, network)
                        .batchesPerStep(3)
                        .microBatchSize(3))
                .build();
    }

    private Path newest() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = new ArrayList<>(
                    files.filter(file -> file.getFileName().toString().endsWith(".zip"))
                            .sorted()
                            .toList());
            return sorted.get(sorted.size() - 1);
        }
    }

    private int steps() throws IOException {
        return Integer.parseInt(newest().getFileName().toString().replaceAll("\\D", ""));
    }

    private static void assertEqualBits(MultiLayerNetwork network, MultiLayerNetwork reference) {
        assertThat(network.params().toDoubleVector())
                .containsExactly(reference.params().toDoubleVector());
        assertThat(network.getUpdater().getStateViewArray().toDoubleVector())
                .containsExactly(reference.getUpdater().getStateViewArray().toDoubleVector());
        assertThat(network.getIterationCount()).isEqualTo(reference.getIterationCount());
        assertThat(network.getEpochCount()).isEqualTo(reference.getEpochCount());
    }
}
