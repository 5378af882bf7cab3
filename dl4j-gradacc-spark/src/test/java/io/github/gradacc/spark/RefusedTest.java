/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.MicroBatchException;
import io.github.gradacc.train.NonFiniteGradientException;
import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.ShareTask;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.tools.ToolProvider;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import scala.Tuple2;

/** Bad input ends with the core's exceptions, which name partition and batch; the network is as before. */
@Tag("slow")
class RefusedTest {

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = Nets.mlp();
    private final MultiLayerNetwork network = row.network();
    private final List<List<DataSet>> partitions = row.partitions(0);

    @Test
    void badInputLeavesTheNetworkAndIsNotTriedAgain() throws TimeoutException {
        try (var trainer = SparkAccumulationTrainer.builder(context, network).build();
                var watch = new TaskWatch(context)) {
            // Then updater state and counters are those of a training.
            trainer.step(LocalCluster.rdd(context, row.partitions(1)));
            Snapshot before = Snapshot.of(network);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.step(null))
                    .withMessageContaining("null");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, List.of(List.of(), List.of()))))
                    .withMessageContaining("no batch in any of its 2 partitions");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, partitions), 0))
                    .withMessageContaining("epochs must be at least 1, got 0");
            DataSet good = partitions.get(2).set(1, null);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                    .withMessage("Batch 1 of partition 2: A batch is needed, got null");
            partitions
                    .get(2)
                    .set(1, new DataSet(Nd4j.zeros(2, 5), good.getLabels().getRows(0, 1)));
            assertThatExceptionOfType(MicroBatchException.class)
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                    .withMessageStartingWith("Batch 1 of partition 2: ")
                    .withMessageContaining("features [2, 5]");
            good.getFeatures().putScalar(0, Double.NaN);
            partitions.get(2).set(1, good);
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                    .withMessageStartingWith("Batch 1 of partition 2: ")
                    .satisfies(e -> assertThat(e.microBatch()).isEqualTo(3));
            partitions.get(2).set(1, new DataSet(null, good.getLabels()));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                    .withMessageStartingWith("Batch 1 of partition 2: ")
                    .withMessageContaining("features");
            assertThat(Snapshot.of(network)).isEqualTo(before);
            assertThat(watch.started()).isPositive();
            assertThat(watch.failed()).isZero();
            trainer.step(LocalCluster.rdd(context, row.partitions(2)));
            assertThat(Snapshot.of(network)).isEqualTo(afterGoodStepsOnly());
        }
    }

    @Test
    void aBatchOfALaterWindowIsNamedByItsPlaceInThePartition() {
        partitions.get(2).get(1).getFeatures().putScalar(0, Double.NaN);
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(1)
                .build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> trainer.fit(LocalCluster.rdd(context, partitions)))
                    .withMessageStartingWith("Batch 1 of partition 2: ");
        }
    }

    private Snapshot afterGoodStepsOnly() {
        MultiLayerNetwork other = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, other).build()) {
            trainer.step(LocalCluster.rdd(context, row.partitions(1)));
            trainer.step(LocalCluster.rdd(context, row.partitions(2)));
        }
        return Snapshot.of(other);
    }

    @Test
    void aNetworkThatCannotBeWritten() {
        MultiLayerNetwork unwritable = Nets.hooked(new UnwritableLoss(1)).network();
        var builder = SparkAccumulationTrainer.builder(context, unwritable);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContaining("cannot be written to JSON and read again");
    }

    /** Jackson finds no constructor that it could call. */
    private static final class UnwritableLoss extends LossMCXENT {

        private static final long serialVersionUID = 1L;

        private final int unknown;

        UnwritableLoss(int unknown) {
            this.unknown = unknown;
        }

        @Override
        public String toString() {
            return "unwritable " + unknown;
        }
    }

    @Test
    void aNetworkWhoseClassesTheExecutorsLack(@TempDir Path folder) throws Exception {
        Path source = Files.writeString(
                folder.resolve("OnDriverOnly.java"),
                "public class OnDriverOnly extends org.nd4j.linalg.lossfunctions.impl.LossMCXENT {}");
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", LocalCluster.classPath(), source.toString());
        assertThat(status).isZero();
        ClassLoader usual = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader more = new URLClassLoader(new URL[] {folder.toUri().toURL()}, usual);
                var watch = new TaskWatch(context)) {
            Thread.currentThread().setContextClassLoader(more);
            MultiLayerNetwork here = Nets.hooked((ILossFunction)
                            more.loadClass("OnDriverOnly").getConstructor().newInstance())
                    .network();
            try (var trainer = SparkAccumulationTrainer.builder(context, here).build()) {
                Snapshot before = Snapshot.of(here);
                assertThatIllegalStateException()
                        .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                        .withMessageStartingWith("Where partition 0 is computed: ")
                        .withMessageContaining("OnDriverOnly")
                        .withMessageContaining("on this class path");
                assertThat(Snapshot.of(here)).isEqualTo(before);
                assertThat(watch.started()).isPositive();
                assertThat(watch.failed()).isZero();
            }
        } finally {
            Thread.currentThread().setContextClassLoader(usual);
        }
    }

    @Test
    void dataThatComesOutOtherwiseIsFoundOut() {
        TrainedNetwork trained = TrainedNetwork.of(network, StatisticsPolicy.POOLED, 1);
        ShareSettings settings = new ShareSettings(3, 1, BatchNormStatistics.POOLED, LossNormalization.EXAMPLES);
        var model = new Cluster(context, new AddPieces())
                .broadcast(new Model("test", trained.blueprint(), RawArray.of(network.params()), settings));
        byte[] batch = EncodedBatch.encode(partitions.get(0).get(0).toMultiDataSet());
        byte[] other = EncodedBatch.encode(partitions.get(0).get(1).toMultiDataSet());
        Part part = new Part(0, 1, 0, List.of(EncodedBatch.print(batch)));
        SumShares task = new SumShares(
                model, Map.of(0, part), new ShareTask(0, 0, List.of(), false), new Slices(network.numParams(), 8, 1));
        assertThat(failure(task.call(0, List.of(batch).iterator()).next())).isEmpty();
        assertThat(failure(task.call(0, List.of(other).iterator()).next())
                        .orElseThrow()
                        .toException())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Batch 0 of partition 0: it is another one than when");
        Workers.dismiss("test");
    }

    private static Optional<ShareFailure> failure(Tuple2<Integer, byte[]> piece) {
        return Objects.requireNonNull(Values.fromBytes(piece._2(), Piece.class).header())
                .failure();
    }

    @Test
    void aClosedTrainerAndBadSettings() {
        var builder = SparkAccumulationTrainer.builder(context, network);
        var trainer = builder.build();
        trainer.close();
        trainer.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.step(LocalCluster.rdd(context, partitions)))
                .withMessageContaining("closed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.microBatchSize(0))
                .withMessageContaining("microBatchSize must be at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> SparkAccumulationTrainer.builder(null, network).build())
                .withMessageContaining("JavaSparkContext");
    }
}
