/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel.onednn;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.accel.OneDnn;
import io.github.gradacc.accel.OneDnnLayer;
import io.github.gradacc.accel.OneDnnReport;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Training with oneDNN: what is promised without it holds with it. */
@ExtendWith(Quiet.class)
class TrainingTest {

    private static final int EXAMPLES = 11;

    @AfterEach
    void on() {
        OneDnn.enable();
    }

    static List<NetworkClass<?>> classes() {
        return NetworkClass.all();
    }

    private static MultiLayerConfiguration configuration(DataType type, Layer... more) {
        Layer[] layers = {
            new ConvolutionLayer.Builder(3, 3)
                    .convolutionMode(ConvolutionMode.Same)
                    .nOut(8)
                    .activation(Activation.TANH)
                    .build(),
            more.length > 0 ? more[0] : new SubsamplingLayer.Builder(PoolingType.MAX).build(),
            new ConvolutionLayer.Builder(3, 3)
                    .nOut(8)
                    .activation(Activation.TANH)
                    .build(),
            softmax(3)
        };
        return Nets.of(Nets.settings().dataType(type).updater(new Sgd(0.05)), InputType.convolutional(9, 9, 2), layers);
    }

    private static DataSet data(DataType type) {
        return new Data(4, type).dataSet(EXAMPLES, 3, 2, 9, 9);
    }

    private static <T extends Model> INDArray trained(
            NetworkClass<T> type, MultiLayerConfiguration configuration, int size, int workers) {
        T network = type.init(configuration);
        try (var trainer =
                type.builder(network).microBatchSize(size).parallelism(workers).build()) {
            for (int step = 0; step < 5; step++) {
                trainer.fit(data(network.params().dataType()));
            }
        }
        return network.params();
    }

    /** In FLOAT: rounding of sums in another order. */
    @ParameterizedTest
    @MethodSource("classes")
    <T extends Model> void accumulatedStepsAreThoseOfTheWholeBatch(NetworkClass<T> type) {
        T reference = type.init(configuration(DataType.FLOAT));
        for (int step = 0; step < 5; step++) {
            type.fit(reference, data(DataType.FLOAT));
        }
        INDArray ours = trained(type, configuration(DataType.FLOAT), 3, 1);
        assertThat(ours.sub(reference.params()).amaxNumber().doubleValue()).isLessThan(1e-6);
    }

    /** Some of these are batch norm's, whose helper remembers statistics between the passes. */
    @ParameterizedTest
    @MethodSource("classes")
    <T extends Model> void anyNumberOfWorkersGivesTheSameBits(NetworkClass<T> type) {
        for (Layer second : List.of(new BatchNormalization(), new SubsamplingLayer.Builder(PoolingType.AVG).build())) {
            INDArray one = trained(type, configuration(DataType.FLOAT, second), 2, 2);
            for (int workers : new int[] {3, 5, 2}) {
                assertSameBits(trained(type, configuration(DataType.FLOAT, second), 2, workers), one);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"DOUBLE", "HALF"})
    void otherTypesComputeAsWithout(DataType type) {
        INDArray with = trained(NetworkClass.LAYERS, configuration(type), 4, 1);
        OneDnn.disable();
        Nd4j.getEnvironment().allowHelpers(false);
        try {
            assertSameBits(trained(NetworkClass.LAYERS, configuration(type), 4, 1), with);
        } finally {
            Nd4j.getEnvironment().allowHelpers(true);
        }
    }

    /** Replicas are made when the trainer is built, or later: not by what is allowed then. */
    @Test
    void replicasHaveHelpersWhereTheNetworkHasThem() {
        MultiLayerNetwork with = Nets.init(configuration(DataType.FLOAT));
        MultiLayerNetwork some = Nets.init(configuration(DataType.FLOAT));
        OneDnn.keepOnly(some, Set.of("2"));
        OneDnn.disable();
        MultiLayerNetwork without = Nets.init(configuration(DataType.FLOAT));
        assertSameBits(with);
        OneDnn.enable();
        assertSameBits(without);
        assertSameBits(some);
    }

    /** Arrays of ND4J are equal to each other within 1e-5. */
    private static void assertSameBits(INDArray ours, INDArray expected) {
        assertThat(ours.ravel().toDoubleVector()).isEqualTo(expected.ravel().toDoubleVector());
    }

    private static void assertSameBits(MultiLayerNetwork network) {
        INDArray start = network.params().dup();
        INDArray first = null;
        for (int workers = 2; workers <= 4; workers++) {
            network.setParams(start.dup());
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(2)
                    .parallelism(workers)
                    .build()) {
                trainer.fit(data(DataType.FLOAT));
            }
            first = first == null ? network.params().dup() : first;
            assertSameBits(network.params(), first);
        }
    }

    @Test
    void whatIsSavedWithHelpersLoadsWithout(@TempDir Path folder) throws Exception {
        MultiLayerNetwork network = Nets.init(configuration(DataType.FLOAT, new BatchNormalization()));
        network.fit(data(DataType.FLOAT));
        network.save(folder.resolve("network.zip").toFile());
        INDArray expected = network.output(data(DataType.FLOAT).getFeatures());
        OneDnn.disable();
        MultiLayerNetwork loaded =
                MultiLayerNetwork.load(folder.resolve("network.zip").toFile(), true);
        assertThat(Arrays.stream(loaded.getLayers()).map(each -> each.getHelper()))
                .containsOnlyNulls();
        INDArray output = loaded.output(data(DataType.FLOAT).getFeatures());
        assertThat(output.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-5);
    }

    @Test
    void runningStatisticsAreThoseOfBuiltInCode() {
        MultiLayerNetwork network = Nets.init(configuration(DataType.FLOAT, new BatchNormalization()));
        OneDnn.disable();
        MultiLayerNetwork plain = Nets.init(configuration(DataType.FLOAT, new BatchNormalization()));
        plain.setParams(network.params().dup());
        for (MultiLayerNetwork each : List.of(network, plain)) {
            try (var trainer =
                    GradientAccumulationTrainer.builder(each).microBatchSize(4).build()) {
                trainer.fit(data(DataType.FLOAT));
            }
        }
        for (String statistic : List.of("1_mean", "1_log10stdev")) {
            assertThat(network.getParam(statistic)
                            .sub(plain.getParam(statistic))
                            .amaxNumber()
                            .doubleValue())
                    .as(statistic)
                    .isCloseTo(0, within(1e-6));
        }
    }

    @Test
    void verifyingComparesEachLayerAndLeavesTheNetwork() {
        MultiLayerNetwork network = Nets.init(configuration(DataType.FLOAT, new BatchNormalization()));
        INDArray before = network.params().dup();
        Nd4j.getRandom().setSeed(8);
        OneDnnReport report = OneDnn.verify(
                network,
                data(DataType.FLOAT).getFeatures(),
                data(DataType.FLOAT).getLabels());
        assertThat(Nd4j.rand(1)).isEqualTo(seeded());
        assertThat(report.layers()).extracting(OneDnnLayer::name).containsExactly("0", "1", "2");
        assertThat(report.agrees()).isTrue();
        assertThat(report.layers()).allSatisfy(layer -> {
            assertThat(layer.difference()).isBetween(1e-9, 1e-5);
            assertThat(layer.millis()).isPositive();
            assertThat(layer.millisWithout()).isPositive();
        });
        assertThat(report.good()).isSubsetOf("0", "1", "2");
        assertThat(report.toString()).contains("ConvolutionLayer", "BatchNormalization", "gradient", "ms without");
        assertSameBits(network.params(), before);
        assertThat(network.getInput()).isNull();
        assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
        assertThat(Arrays.stream(network.getLayers()).filter(layer -> layer.getHelper() != null))
                .hasSize(3);
    }

    private static INDArray seeded() {
        Nd4j.getRandom().setSeed(8);
        return Nd4j.rand(1);
    }

    @Test
    void verifyingSaysThatDataIsNotFinite() {
        DataSet batch = data(DataType.FLOAT);
        batch.getFeatures().putScalar(0, Double.NaN);
        OneDnnReport report =
                OneDnn.verify(Nets.init(configuration(DataType.FLOAT)), batch.getFeatures(), batch.getLabels());
        assertThat(report.agrees()).isFalse();
        assertThat(report.toString()).contains("not finite: look at the batch").doesNotContain("allowHelpers");
    }

    @Test
    void onlySomeLayersMayKeepIt() {
        MultiLayerNetwork network = Nets.init(configuration(DataType.FLOAT));
        assertThatThrownBy(() -> OneDnn.keepOnly(network, Set.of("0", "first")))
                .hasMessageContainingAll("[first]", "There are: 0, 1, 2");
        OneDnn.keepOnly(network, Set.of("0"));
        assertThat(Arrays.stream(network.getLayers()).map(layer -> layer.getHelper() != null))
                .containsExactly(true, false, false, false);
    }

    @Test
    void verifyingRefusesWhatDoesNotFit() {
        MultiLayerNetwork network = Nets.init(configuration(DataType.FLOAT));
        assertThatThrownBy(() -> OneDnn.verify(network, Nd4j.ones(2, 5), Nd4j.ones(2, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("[2, 5]", "[2, 3]", "Pass what fit() would take");
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT16}) {
            DataSet batch = data(type);
            assertThatThrownBy(
                            () -> OneDnn.verify(Nets.init(configuration(type)), batch.getFeatures(), batch.getLabels()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("there is nothing to compare. Only networks of type FLOAT");
        }
        assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
    }
}
