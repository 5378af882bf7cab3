/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.init.FanMode;
import io.github.gradacc.init.KaimingNormal;
import io.github.gradacc.init.XavierUniform;
import io.github.gradacc.testing.Data;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.nn.weights.WeightInitDistribution;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The textbook example: 100 layers of 256 units, standard normal features.
 *
 * <p>In a linear network with weights of standard deviation s, each layer multiplies the standard deviation by 16 s.
 * The factor that was drawn varies: that of a layer, in its logarithm, by {@code 1 / sqrt(2 * 256)} or a little more,
 * that of l layers by {@code sqrt(l)} times as much. The bands below are five of these, times two.
 */
class SignalReferenceTest {

    private static final int LAYERS = 100;
    private static final int WIDTH = 256;
    private static final int EXAMPLES = 64;

    private static final INDArray FEATURES = new Data(11, DataType.FLOAT).normal(EXAMPLES, WIDTH);

    @Tag("slow")
    @Test
    void standardNormalWeightsExplodeUntilFloatEnds() {
        SignalReport report = probe(Activation.IDENTITY, normal(1));

        // 16^31 is 2e37 and within FLOAT with ten deviations to spare; of values around 16^32 = 3.4e38 a third is not.
        List<SignalLayer> finite = report.layers().stream()
                .takeWhile(layer -> layer.activations().nonFinite() == 0)
                .toList();
        assertThat(finite).hasSize(31);
        for (int i = 0; i < finite.size(); i++) {
            double logarithm = Math.log(finite.get(i).activations().std());
            assertThat(logarithm).as("layer %s", i).isCloseTo((i + 1) * Math.log(16), within(band(i + 1)));
        }
        Signal broken = report.layers().get(31).activations();
        assertThat(broken.infiniteShare()).isBetween(0.05, 0.6);
        assertThat(broken.std()).isFinite();
        assertThat(report.layers().get(LAYERS - 1).activations().nonFinite()).isEqualTo(EXAMPLES * WIDTH);
        assertThat(report.diagnosis())
                .contains("activations explode", "above 1000 times the features from layer 2 on")
                .contains("stop being finite in layer 31");
        assertThat(factor(report.diagnosis())).isCloseTo(16, within(0.5));
    }

    @Tag("slow")
    @Test
    void weightsOfVarianceOneOverWidthKeepTheSignal() {
        SignalReport report = probe(Activation.IDENTITY, normal(1 / Math.sqrt(WIDTH)));

        assertThat(report.layers()).hasSize(LAYERS);
        for (int i = 0; i < LAYERS; i++) {
            Signal signal = report.layers().get(i).activations();
            assertThat(signal.nonFinite()).isZero();
            assertThat(Math.log(signal.std())).as("layer %s", i).isCloseTo(0, within(band(i + 1)));
        }
        assertThat(report.diagnosis()).startsWith("The activations stay alive").doesNotContain("\n");
    }

    @Test
    void smallWeightsVanish() {
        SignalReport report = probe(Activation.IDENTITY, normal(0.01));

        // 0.16 per layer: below a thousandth of the features after 3.8 layers; below the smallest FLOAT after 56.
        assertThat(report.diagnosis())
                .contains("activations vanish", "below a thousandth of the features from layer 3 on")
                .containsPattern("die in layer 5\\d: all are 0\\.00\\.");
        assertThat(report.layers().get(LAYERS - 1).activations().zeroShare()).isEqualTo(1);
    }

    private record Alive(String name, Activation activation, IWeightInit weights, double least, double most) {}

    static List<Arguments> alive() {
        return List.of(
                // The fixed point of s^2 = E[tanh(5/3 s z)^2] is 0.65, by quadrature.
                Arguments.of(new Alive("tanh", Activation.TANH, new XavierUniform(5 / 3.0), 0.6, 0.8)),
                // Second moment 2 per unit going in keeps the mean square of ReLU's output at 1; the deviation of its
                // half-normal values is below that, and the drawn factors vary by more than linear ones.
                Arguments.of(
                        new Alive("ReLU", Activation.RELU, new KaimingNormal(FanMode.FAN_IN, Math.sqrt(2)), 0.05, 5)));
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("alive")
    void theRightGainKeepsNonlinearNetworksAlive(Alive row) {
        SignalReport report = probe(row.activation(), row.weights());

        assertThat(report.layers()).hasSize(LAYERS).allSatisfy(layer -> {
            assertThat(layer.activations().nonFinite()).isZero();
            assertThat(layer.activations().std()).isBetween(row.least(), row.most());
            assertThat(layer.activations().zeroShare()).isLessThan(0.75);
        });
        assertThat(report.diagnosis()).startsWith("The activations stay alive");
    }

    private static double band(int layers) {
        return 2 * 5 * Math.sqrt(layers / (2.0 * WIDTH));
    }

    private static double factor(String diagnosis) {
        String after = diagnosis.substring(diagnosis.indexOf("factor of ") + "factor of ".length());
        return Double.parseDouble(after.substring(0, after.indexOf(' ')));
    }

    private static IWeightInit normal(double std) {
        return new WeightInitDistribution(new NormalDistribution(0, std));
    }

    private static SignalReport probe(Activation activation, IWeightInit weights) {
        var list = new NeuralNetConfiguration.Builder()
                .seed(5)
                .dataType(DataType.FLOAT)
                .activation(activation)
                .weightInit(weights)
                .list();
        for (int i = 0; i < LAYERS; i++) {
            list.layer(new DenseLayer.Builder().nIn(WIDTH).nOut(WIDTH).build());
        }
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        return SignalPropagation.probe(network, FEATURES);
    }
}
