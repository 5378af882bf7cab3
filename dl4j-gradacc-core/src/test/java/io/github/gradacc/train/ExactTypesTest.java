/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Accumulation equals native training in every data type and workspace mode that DL4J trains in. */
class ExactTypesTest {

    /** Forty units (6e-8) of the largest value: SGD does not magnify what another order of adding costs. */
    private static final double FLOAT_BY_SGD = 2.5e-6;

    /** Eight units (4.9e-4) of the largest value; DL4J forms the sums of its own big batch in HALF. */
    private static final double HALF = 4e-3;

    static Stream<ExactnessCase> types() {
        return Stream.concat(
                all("FLOAT", DataType.FLOAT, settings -> settings).map(each -> each.within(FLOAT_BY_SGD)),
                all("HALF", DataType.FLOAT16, settings -> settings).map(each -> each.within(HALF)));
    }

    static Stream<ExactnessCase> workspaces() {
        return Stream.of(
                        all("NONE", DataType.DOUBLE, settings -> settings.trainingWorkspaceMode(WorkspaceMode.NONE)),
                        all(
                                "ENABLED",
                                DataType.DOUBLE,
                                settings -> settings.trainingWorkspaceMode(WorkspaceMode.ENABLED)),
                        all("cached", DataType.DOUBLE, settings -> settings.cacheMode(CacheMode.DEVICE)))
                .flatMap(cases -> cases);
    }

    private static Stream<ExactnessCase> all(
            String name, DataType type, UnaryOperator<NeuralNetConfiguration.Builder> change) {
        return Stream.of(
                ExactnessCase.of(
                        name + ", dense",
                        () -> Nets.of(settings(type, change), InputType.feedForward(4), dense(6), softmax(3)),
                        () -> Batches.classification(type, 3, data -> n -> data.normal(n, 4))),
                ExactnessCase.of(
                        name + ", convolution",
                        () -> Nets.of(
                                settings(type, change),
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                softmax(3)),
                        () -> Batches.classification(type, 3, data -> n -> data.normal(n, 2, 6, 6))),
                ExactnessCase.of(
                        name + ", recurrent",
                        () -> Nets.of(settings(type, change), InputType.recurrent(3, 5), lstm(4), rnnSoftmax(3)),
                        () -> Batches.ragged(
                                type, (data, n) -> data.normal(n, 3, 5), (data, n) -> data.oneHotSequences(n, 3, 5))));
    }

    private static NeuralNetConfiguration.Builder settings(
            DataType type, UnaryOperator<NeuralNetConfiguration.Builder> change) {
        return change.apply(Nets.settings().dataType(type).updater(new Sgd(0.1)));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource({"types", "workspaces"})
    void equalsNativeTraining(ExactnessCase testCase) {
        testCase.verify();
    }

    @Test
    void dl4jRefusesToTrainInBfloat16() {
        assertThatThrownBy(() -> Nets.settings().dataType(DataType.BFLOAT16))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("one of DOUBLE, FLOAT, or HALF");
    }

    /**
     * The gradient of {@code |w x + 1|} at {@code w = 0} is x. In HALF, 2048 + 1 = 2048: a running sum would stay there
     * through a thousand examples that add 1 each.
     */
    @Test
    void sumsOfHalfAreKeptInFloat() {
        var network = Nets.init(Nets.of(
                Nets.settings()
                        .dataType(DataType.FLOAT16)
                        .weightInit(WeightInit.ZERO)
                        .updater(new Sgd(1.0 / 4096))
                        .miniBatch(false),
                InputType.feedForward(1),
                new OutputLayer.Builder(LossFunction.L1)
                        .nOut(1)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build()));
        INDArray features = Nd4j.ones(DataType.FLOAT16, 1001, 1);
        features.putScalar(0, 2048);
        INDArray labels = Nd4j.ones(DataType.FLOAT16, 1001, 1).negi();
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(1).build()) {
            trainer.fit(features, labels);
        }
        assertThat(network.params().getDouble(0)).isCloseTo(-(2048 + 1000) / 4096.0, within(1e-3));
    }
}
