/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.probe.SignalReport;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

/** Whole networks in HALF: built, re-initialized, scaled, probed and trained. */
final class HalfPrecisionTest {

    private static final IWeightInit KAIMING = new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu"));

    private final Data data = new Data(1, DataType.FLOAT16);
    private final DataSet examples = data.dataSet(32, 3, 2, 6, 6);

    private static MultiLayerNetwork network(IUpdater updater) {
        return Nets.init(Nets.of(
                Nets.settings()
                        .dataType(DataType.FLOAT16)
                        .updater(updater)
                        .activation(Activation.RELU)
                        .weightInit(KAIMING),
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(8).build(),
                new DenseLayer.Builder().nOut(20).build(),
                Nets.softmax(3)));
    }

    private static double std(MultiLayerNetwork network, String key) {
        return network.getParam(key).castTo(DataType.DOUBLE).std(false).getDouble(0);
    }

    @Test
    void initializersAndApplyKeepTheTypeAndTheScale() {
        MultiLayerNetwork network = network(new Sgd(0.05));
        assertThat(network.params().dataType()).isEqualTo(DataType.FLOAT16);
        for (int round = 0; round < 2; round++) {
            // 144 and 2560 values: the deviation is right to 1 / sqrt(2 n), here times four.
            assertThat(std(network, "0_W")).isCloseTo(Math.sqrt(2 / 18.0), within(0.24 * Math.sqrt(2 / 18.0)));
            assertThat(std(network, "1_W")).isCloseTo(Math.sqrt(2 / 128.0), within(0.06 * Math.sqrt(2 / 128.0)));
            INDArray before = network.params().dup();
            NetworkInitializer.apply(network, KAIMING);
            assertThat(network.params()).isNotEqualTo(before);
            assertThat(network.params().dataType()).isEqualTo(DataType.FLOAT16);
        }
    }

    @Test
    void lsuvReachesUnitVariance() {
        MultiLayerNetwork network = network(new Sgd(0.05));
        LsuvReport report =
                NetworkInitializer.lsuv(network, examples.getFeatures().mul(20));
        assertThat(report.reached()).as(report.toString()).isTrue();
        assertThat(network.params().dataType()).isEqualTo(DataType.FLOAT16);
    }

    @Test
    void theProbeMeasuresInDouble() {
        SignalReport report =
                SignalPropagation.probe(network(new Sgd(0.05)), examples.getFeatures(), examples.getLabels());
        assertThat(report.layers()).allSatisfy(layer -> {
            assertThat(layer.activations().nonFinite()).isZero();
            assertThat(layer.activations().std()).isPositive();
        });
        assertThat(report.diagnosis()).contains("The activations stay alive", "The gradients stay alive");
    }

    @Test
    void stochasticGradientDescentTrains() {
        MultiLayerNetwork network = network(new Sgd(0.05));
        double before = network.score(examples);
        for (int i = 0; i < 20; i++) {
            network.fit(examples);
        }
        assertThat(network.score(examples)).isLessThan(0.9 * before);
    }

    /**
     * Of Adam's two moments the second, squared gradients, and its epsilon 1e-8 are below the smallest HALF, 6e-8:
     * gradients of 0 become 0/0. A larger epsilon is the way out.
     */
    @Test
    void adamNeedsALargerEpsilon() {
        MultiLayerNetwork broken = network(new Adam(0.001));
        broken.fit(examples);
        assertThat(Finiteness.allFinite(broken.params())).as("Adam as it comes").isFalse();
        MultiLayerNetwork network =
                network(Adam.builder().learningRate(0.001).epsilon(1e-3).build());
        for (int i = 0; i < 20; i++) {
            network.fit(examples);
        }
        assertThat(Finiteness.allFinite(network.params()))
                .as("with epsilon 1e-3")
                .isTrue();
    }

    @Test
    void bfloat16IsRefusedByDl4j() {
        assertThatThrownBy(() -> Nets.settings().dataType(DataType.BFLOAT16)).isInstanceOf(RuntimeException.class);
    }

    /**
     * A weight that HALF cannot hold is an error with the type, the layer's shape and the value, not an infinite
     * weight.
     */
    @Test
    void weightsBeyondTheTypeAreRefused() {
        MultiLayerNetwork network = network(new Sgd(0.05));
        INDArray before = network.params().dup();
        assertThatThrownBy(() -> NetworkInitializer.apply(network, new Normal(0, 1e5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Layer '0', parameter 'W'")
                .hasMessageContaining("beyond HALF")
                .hasMessageContaining("65504")
                .hasMessageContaining("[8, 2, 3, 3]");
        assertThat(network.params()).isEqualTo(before);
        assertThat(Nd4j.valueArrayOf(new long[] {2}, 7e4, DataType.FLOAT16).getDouble(0))
                .as("what ND4J would make of it")
                .isInfinite();
    }
}
