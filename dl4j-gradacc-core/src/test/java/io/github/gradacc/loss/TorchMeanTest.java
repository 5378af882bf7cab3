/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.StepReport;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * A window divided by the weights of its labels is libtorch's {@code mean}, with class weights, smoothing and ignored
 * labels. The network's weights are the logits themselves: its input is the identity matrix.
 */
@ExtendWith(DoubleByDefault.class)
final class TorchMeanTest {

    static Stream<TorchCase> means() {
        return TorchCase.all()
                .filter(it -> Set.of("CrossEntropyLoss", "NLLLoss").contains(it.torchName()))
                // torch divides by the number of rows there, whatever their probabilities weigh.
                .filter(it -> it.labels().size(1) == 1)
                .filter(it -> it.json().get("mean_divisor").asDouble() > 0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("means")
    void isTheMeanOfTorch(TorchCase it) {
        MultiLayerNetwork network = network(it);
        StepReport report = step(it, network);
        Tolerance.assertClose(
                "score", report.score(), it.json().at("/expected/mean/value").asDouble(), Tolerance.DOUBLE);
        INDArray update = it.output().sub(network.getParam("0_W"));
        Tolerance.assertClose("gradient", update, it.gradient("mean"), Tolerance.DOUBLE);
    }

    @Test
    void theCasesDifferFromTheMeanOverExamples() {
        assertThat(means()).hasSizeGreaterThan(20);
        assertThat(means().filter(it -> !it.isMeanOfRows())).hasSizeGreaterThan(10);
    }

    /** torch's mean of nothing is NaN. */
    @Test
    void whereNothingCountsThereIsNoStep() {
        TorchCase it = TorchCase.all()
                .filter(candidate -> candidate.json().get("mean_divisor").asDouble() == 0)
                .findFirst()
                .orElseThrow();
        MultiLayerNetwork network = network(it);
        StepReport report = step(it, network);
        assertThat(report.stepped()).isFalse();
        assertThat(report.score()).isNaN();
        assertThat(network.getParam("0_W")).isEqualTo(it.output());
    }

    private static MultiLayerNetwork network(TorchCase it) {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().updater(new Sgd(1)),
                InputType.feedForward(it.output().size(0)),
                new OutputLayer.Builder(it.mean())
                        .nOut(it.output().size(1))
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build()));
        network.setParam("0_W", it.output());
        return network;
    }

    private static StepReport step(TorchCase it, MultiLayerNetwork network) {
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .lossNormalization(LossNormalization.LABEL_WEIGHTS)
                .build()) {
            INDArray identity = Nd4j.eye(it.output().size(0)).castTo(DataType.DOUBLE);
            return trainer.fit(identity, it.labels());
        }
    }
}
