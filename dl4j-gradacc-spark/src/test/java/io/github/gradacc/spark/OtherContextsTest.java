/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.spark.Nets.Row;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

/** Contexts that are stopped, or set otherwise. Their tasks run in this process. */
@Tag("slow")
@Tag("versions")
class OtherContextsTest {

    private static final String KRYO = "org.apache.spark.serializer.KryoSerializer";

    private final Row row = Nets.mlp();
    private final MultiLayerNetwork network = row.network();

    /** A last one, of usual settings, is stopped for the tests that need a cluster. */
    @AfterAll
    static void stop() {
        LocalCluster.inThisProcess(Map.of()).stop();
    }

    @Test
    void stoppedContexts() {
        JavaSparkContext stopped = LocalCluster.inThisProcess(Map.of("spark.app.name", "stopped"));
        var trainer = SparkAccumulationTrainer.builder(stopped, network).build();
        trainer.step(LocalCluster.rdd(stopped, row.partitions(0)));
        Snapshot before = Snapshot.of(network);
        JavaRDD<DataSet> window = LocalCluster.rdd(stopped, row.partitions(1));
        stopped.stop();
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> SparkAccumulationTrainer.builder(stopped, network).build())
                .withMessageContaining("The JavaSparkContext is stopped");
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.step(window))
                .withMessageContaining("The JavaSparkContext is stopped");
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.fit(window, 2))
                .withMessageContaining("The JavaSparkContext is stopped");
        assertThat(Snapshot.of(network)).isEqualTo(before);
        trainer.close();
        JavaSparkContext next = LocalCluster.inThisProcess(Map.of("spark.app.name", "next"));
        try (var other = SparkAccumulationTrainer.builder(next, network).build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> other.step(window))
                    .withMessageContaining("another SparkContext");
            assertThat(Snapshot.of(network)).isEqualTo(before);
            other.step(LocalCluster.rdd(next, row.partitions(1)));
        }
        assertThat(network.getIterationCount()).isEqualTo(2);
    }

    @Test
    void resultsThatAreTooLarge() {
        JavaSparkContext small = LocalCluster.inThisProcess(Map.of("spark.driver.maxResultSize", "400"));
        Snapshot before = Snapshot.of(network);
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> SparkAccumulationTrainer.builder(small, network).build())
                .withMessageContaining("spark.driver.maxResultSize is 400: set it to at least "
                        + (long) (1.1 * 8 * network.numParams()));
        assertThat(Snapshot.of(network)).isEqualTo(before);
    }

    @Test
    void kryoWithoutARegistratorIsRefused() {
        JavaSparkContext kryo = LocalCluster.inThisProcess(Map.of("spark.serializer", KRYO));
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> SparkAccumulationTrainer.builder(kryo, network).build())
                .withMessageContaining("spark.kryo.registrator");
    }

    @Test
    void kryoWithTheRegistratorTrains() {
        JavaSparkContext plain = LocalCluster.inThisProcess(Map.of());
        MultiLayerNetwork reference = row.network();
        step(plain, reference);
        JavaSparkContext kryo = LocalCluster.inThisProcess(
                Map.of("spark.serializer", KRYO, "spark.kryo.registrator", GradAccKryoRegistrator.class.getName()));
        step(kryo, network);
        assertThat(Snapshot.of(network)).isEqualTo(Snapshot.of(reference));
    }

    /** Elements that were made on the driver, and a shuffle, go through the serializer. */
    private void step(JavaSparkContext context, MultiLayerNetwork trained) {
        List<DataSet> batches = row.partitions(0).stream().flatMap(List::stream).toList();
        JavaRDD<DataSet> window = context.parallelize(batches, 2)
                .zipWithIndex()
                .mapToPair(each -> each.swap())
                .sortByKey(true, 1)
                .values();
        try (var trainer = SparkAccumulationTrainer.builder(context, trained).build()) {
            trainer.step(window);
        }
    }

    @Test
    void batchesWithoutAFixedOrderAreWarnedOfOnce() {
        JavaSparkContext context = LocalCluster.inThisProcess(Map.of());
        JavaRDD<DataSet> fixed = LocalCluster.rdd(context, row.partitions(0));
        try (var trainer = SparkAccumulationTrainer.builder(context, network).build();
                var log = new LogLines(Cluster.class)) {
            trainer.step(fixed.map(batch -> batch));
            assertThat(log.lines()).isEmpty();
            trainer.step(fixed.repartition(2));
            trainer.step(fixed.repartition(3));
            assertThat(log.lines()).hasSize(1);
            assertThat(log.lines().get(0))
                    .startsWith("WARN The batches of the RDD have no fixed order (UNORDERED")
                    .contains("checkpoint()");
        }
        assertThat(FixedOrder.doubt(fixed.sample(false, 0.5))).isEmpty();
        assertThat(FixedOrder.doubt(fixed.repartition(2).sample(false, 0.5)).orElseThrow())
                .contains("INDETERMINATE");
    }

    @Test
    void settingsThatCostTimeAreLogged() {
        JavaSparkContext context = LocalCluster.inThisProcess(Map.of());
        try (var log = new LogLines(Requirements.class);
                var trainer = SparkAccumulationTrainer.builder(context, network).build()) {
            assertThat(log.lines()).hasSize(1);
            assertThat(log.lines().get(0))
                    .startsWith("INFO Steps take less time")
                    .contains("spark.shuffle.compress");
        }
    }
}
