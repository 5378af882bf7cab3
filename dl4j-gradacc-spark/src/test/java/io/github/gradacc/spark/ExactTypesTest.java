/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Steps of two executors in the types beside DOUBLE that DL4J trains in.
 *
 * <p>With one micro-batch in each partition the sums are made of the same terms in the same order as those of the
 * trainer on one machine, 16-bit types in FLOAT on both sides: then the bits are the same. With several, and beside
 * native training, the type rounds otherwise.
 */
@Tag("slow")
class ExactTypesTest {

    private static final int STEPS = 2;

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = Nets.oneExampleEach();
    private final Row uneven = Nets.mlp();

    /** Of networks, and of the batches that they are given: DL4J casts. It has no networks in BFLOAT16. */
    static Stream<Arguments> types() {
        return Stream.of(
                Arguments.of(DataType.FLOAT, DataType.FLOAT),
                Arguments.of(DataType.FLOAT16, DataType.FLOAT16),
                Arguments.of(DataType.FLOAT, DataType.BFLOAT16),
                Arguments.of(DataType.DOUBLE, DataType.INT32));
    }

    @ParameterizedTest
    @MethodSource("types")
    void oneMicroBatchInEachPartitionHasTheBitsOfOneMachine(DataType type, DataType ofData) {
        MultiLayerNetwork reference = row.network(type);
        MultiLayerNetwork network = row.network(type);
        try (var one = GradientAccumulationTrainer.builder(reference)
                        .accumulationSteps(row.batches())
                        .build();
                var trainer = SparkAccumulationTrainer.builder(context, network).build()) {
            for (int step = 0; step < STEPS; step++) {
                List<List<DataSet>> partitions = in(ofData, row.partitions(step));
                partitions.stream().flatMap(List::stream).forEach(one::accumulate);
                trainer.step(LocalCluster.rdd(context, partitions));
            }
        }
        assertThat(network.params().dataType()).isEqualTo(type);
        assertThat(network.params().toDoubleVector())
                .containsExactly(reference.params().toDoubleVector());
    }

    static Stream<DataType> coarseTypes() {
        return Stream.of(DataType.FLOAT, DataType.FLOAT16);
    }

    /**
     * Each step rounds a parameter once, by at most half a unit in its last place, on both sides. The gradients were
     * rounded in passes of a few layers: some units of the largest gradient, which is about as large as a parameter.
     * Four units of the largest parameter for each step hold both; a term left out or counted twice is hundreds.
     */
    @ParameterizedTest
    @MethodSource("coarseTypes")
    void isTheStepOnTheBigBatchUpToTheRoundingOfTheType(DataType type) {
        MultiLayerNetwork reference = uneven.network(type);
        MultiLayerNetwork network = uneven.network(type);
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .microBatchSize(3)
                .build()) {
            for (int step = 0; step < STEPS; step++) {
                List<List<DataSet>> partitions = in(type, uneven.partitions(step));
                reference.fit(
                        DataSet.merge(partitions.stream().flatMap(List::stream).toList()));
                trainer.step(LocalCluster.rdd(context, partitions));
            }
        }
        INDArray expected = reference.params().castTo(DataType.DOUBLE);
        INDArray actual = network.params().castTo(DataType.DOUBLE);
        double unit = unit(type) * expected.amaxNumber().doubleValue();
        assertThat(actual.toDoubleVector()).doesNotContain(Double.NaN);
        assertThat(actual.sub(expected).amaxNumber().doubleValue()).isLessThanOrEqualTo(STEPS * 4 * unit);
    }

    /** The distance from 1 to the next number. */
    private static double unit(DataType type) {
        return type == DataType.FLOAT ? Math.ulp(1f) : 1.0 / (1 << 10);
    }

    private static List<List<DataSet>> in(DataType type, List<List<DataSet>> partitions) {
        return partitions.stream()
                .map(batches -> batches.stream()
                        .map(batch -> new DataSet(
                                batch.getFeatures().castTo(type),
                                batch.getLabels().castTo(type)))
                        .toList())
                .toList();
    }
}
