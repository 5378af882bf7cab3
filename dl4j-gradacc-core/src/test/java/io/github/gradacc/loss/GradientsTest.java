/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.NoOp;

/** Gradients through the activation function and a layer are finite differences of the score: DL4J's own check. */
@ExtendWith(DoubleByDefault.class)
final class GradientsTest {

    private static final int EXAMPLES = 6;

    private final Data data = new Data(3, DataType.DOUBLE);

    static Stream<Arguments> allowed() {
        return LossCase.all().flatMap(it -> it.activations().stream().map(function -> Arguments.of(it, function)));
    }

    static Stream<LossCase> cases() {
        return LossCase.all();
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("allowed")
    void areDerivatives(LossCase it, Activation activation) {
        assertThat(check(it, activation, null)).isTrue();
    }

    /** The last activation function is not the identity, for any of them. */
    @ParameterizedTest
    @MethodSource("cases")
    void areDerivativesOfMaskedScores(LossCase it) {
        Activation activation = it.activations().get(it.activations().size() - 1);
        INDArray perExample = data.indices(2, EXAMPLES, 1);
        perExample.putScalar(0, 1);
        assertThat(check(it, activation, perExample)).isTrue();
    }

    /** Also where the activation function mixes outputs. */
    @ParameterizedTest
    @MethodSource("perOutput")
    void areDerivativesOfScoresMaskedByOutput(LossCase it) {
        Activation activation = it.activations().contains(Activation.SOFTMAX)
                ? Activation.SOFTMAX
                : it.activations().get(0);
        assertThat(check(it, activation, data.indices(2, EXAMPLES, 3))).isTrue();
    }

    /** The losses with a term for each output. DL4J refuses masks that are not as wide as the output. */
    static Stream<LossCase> perOutput() {
        return LossCase.all().filter(it -> it.given(4).terms().perRow() == it.outputs());
    }

    private boolean check(LossCase it, Activation activation, @Nullable INDArray mask) {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().updater(new NoOp()),
                InputType.feedForward(3),
                new OutputLayer.Builder(it.loss())
                        .nOut(it.outputs())
                        .activation(activation)
                        .build()));
        return GradientCheckUtil.checkGradients(new GradientCheckUtil.MLNConfig()
                .net(network)
                .input(data.normal(EXAMPLES, 3))
                .labels(it.labels().make(data, EXAMPLES))
                .labelMask(mask)
                .epsilon(1e-6)
                .maxRelError(1e-6)
                .minAbsoluteError(1e-9));
    }
}
