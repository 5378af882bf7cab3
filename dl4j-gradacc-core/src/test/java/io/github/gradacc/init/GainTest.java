/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Reference;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationCube;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationPReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationThresholdedReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;

final class GainTest {

    @Test
    void calculateIsTorchs() {
        for (JsonNode entry : Reference.read("gains.json").get("gains")) {
            String name = entry.get("nonlinearity").asText();
            double gain = entry.get("param").isNull()
                    ? Gain.calculate(name)
                    : Gain.calculate(name, entry.get("param").asDouble());
            // One unit in the last place: the order of the operations.
            assertThat(gain).as(entry.toString()).isCloseTo(entry.get("gain").asDouble(), within(2.3e-16));
        }
    }

    @Test
    void ofDl4jsActivationsIsTorchsWhereTorchHasOne() {
        assertThat(of(Activation.IDENTITY)).isEqualTo(1);
        assertThat(of(Activation.SIGMOID)).isEqualTo(1);
        assertThat(of(Activation.SOFTMAX)).isEqualTo(1);
        assertThat(of(Activation.TANH)).isEqualTo(5.0 / 3);
        assertThat(of(Activation.RELU)).isEqualTo(Math.sqrt(2));
        assertThat(of(Activation.SELU)).isEqualTo(0.75);
        assertThat(of(Activation.LEAKYRELU)).isEqualTo(Gain.calculate("leaky_relu", 0.01));
        assertThat(Gain.of(new ActivationLReLU(0.2))).isEqualTo(Gain.calculate("leaky_relu", 0.2));
        assertThat(Gain.of(new ActivationReLU(null, null, 0.2))).isEqualTo(Gain.calculate("leaky_relu", 0.2));
    }

    /** The defining property, on random numbers: weights with this gain keep the second moment of the signal. */
    @ParameterizedTest
    @EnumSource(
            value = Activation.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"IDENTITY", "SIGMOID", "SOFTMAX", "TANH", "SELU", "RRELU"})
    void keepsTheSecondMoment(Activation activation) {
        IActivation f = activation.getActivationFunction();
        double gain = Gain.of(f);
        SplittableRandom random = new SplittableRandom(3);
        double[] z = random.doubles(1_000_000).map(u -> random.nextGaussian()).toArray();
        INDArray y = f.getActivation(Nd4j.createFromArray(z).reshape(z.length, 1), false);
        double secondMoment = y.mul(y).meanNumber().doubleValue();
        // Cube has the widest spread: Var(z^6) = 10170, hence 0.1 of 15.
        double tolerance = activation == Activation.CUBE ? 0.04 : 0.01;
        assertThat(gain * gain * secondMoment).isCloseTo(1, within(tolerance));
    }

    /** Integrals that have closed forms. */
    @Test
    void quadratureIsRightWhereTheIntegralIsKnown() {
        // E[z^6] = 15.
        assertThat(of(Activation.CUBE)).isCloseTo(1 / Math.sqrt(15), within(1e-12));
        assertThat(Gain.of(new ActivationCube())).isEqualTo(of(Activation.CUBE));
        // E[z^2; z > t] = t phi(t) + Q(t), with a jump at t = 1 and at one between the grid's points.
        assertThat(Gain.of(new ActivationThresholdedReLU(1))).isCloseTo(1 / Math.sqrt(tail(1)), within(1e-12));
        double jump = 0.70001;
        assertThat(Gain.of(new ActivationThresholdedReLU(jump))).isCloseTo(1 / Math.sqrt(tail(jump)), within(1e-3));
        // Hard tanh: z^2 inside (-1, 1), 1 outside.
        double q = 1 - Statistics.normalCdf(1);
        assertThat(Gain.of(new ActivationHardTanH())).isCloseTo(1 / Math.sqrt(1 - 2 * tail(1) + 2 * q), within(1e-12));
        // ReLU6: z^2 inside (0, 6), 36 above.
        assertThat(Gain.of(new ActivationReLU6())).isCloseTo(Math.sqrt(2), within(1e-7));
        // A maximum that is in reach.
        assertThat(Gain.of(new ActivationReLU(1.0, null, null)))
                .isCloseTo(1 / Math.sqrt(0.5 - tail(1) + q), within(1e-12));
        // ELU: 1/2 above 0; below, E[(e^z - 1)^2; z < 0] = e^2 Phi(-2) - 2 e^(1/2) Phi(-1) + 1/2.
        double below = Math.exp(2) * Statistics.normalCdf(-2) - 2 * Math.exp(0.5) * Statistics.normalCdf(-1) + 0.5;
        assertThat(Gain.of(new ActivationELU())).isCloseTo(1 / Math.sqrt(0.5 + below), within(1e-12));
    }

    private static double tail(double t) {
        return t * Math.exp(-t * t / 2) / Math.sqrt(2 * Math.PI) + 1 - Statistics.normalCdf(t);
    }

    /** A finer rule of another kind, on a function without a closed form. */
    @Test
    void quadratureAgreesWithSimpson() {
        // DL4J's default GELU is the sigmoid approximation.
        DoubleUnaryOperator gelu = z -> z / (1 + Math.exp(-1.702 * z));
        DoubleUnaryOperator softPlus = z -> Math.log1p(Math.exp(z));
        DoubleUnaryOperator swish = z -> z / (1 + Math.exp(-z));
        assertThat(of(Activation.SOFTPLUS)).isCloseTo(simpson(softPlus), within(1e-6));
        assertThat(of(Activation.SWISH)).isCloseTo(simpson(swish), within(1e-6));
        assertThat(of(Activation.GELU)).isCloseTo(simpson(gelu), within(1e-6));
    }

    private static double simpson(DoubleUnaryOperator f) {
        int n = 4000;
        double h = 15.0 / n;
        double sum = 0;
        for (int i = 0; i <= n; i++) {
            double z = i * h - 7.5;
            double y = f.applyAsDouble(z);
            double weight = i == 0 || i == n ? 1 : 2 + 2 * (i % 2);
            sum += weight * y * y * Math.exp(-z * z / 2);
        }
        return 1 / Math.sqrt(sum * h / 3 / Math.sqrt(2 * Math.PI));
    }

    @Test
    void slopesThatVaryCountWithTheirMeanSquare() {
        INDArray slopes = Nd4j.createFromArray(0.1, 0.3).reshape(1, 2);
        assertThat(Gain.of(new ActivationPReLU(slopes, null))).isCloseTo(Math.sqrt(2 / 1.05), within(1e-12));
        // U(1/8, 1/3): mean square = variance + mean^2.
        double mean = (1.0 / 8 + 1.0 / 3) / 2;
        double variance = Math.pow(1.0 / 3 - 1.0 / 8, 2) / 12;
        assertThat(Gain.of(new ActivationRReLU()))
                .isCloseTo(Math.sqrt(2 / (1 + mean * mean + variance)), within(1e-12));
    }

    @Test
    void badInputIsNamed() {
        assertThatThrownBy(() -> Gain.calculate("swish"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'swish'")
                .hasMessageContaining("Gain.of(IActivation)");
        assertThatThrownBy(() -> Gain.calculate("leaky_relu", Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> Gain.calculate("leaky_relu", 1e200))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The square of a slope must be finite, got Infinity for leaky_relu with slope 1.0E200");
        assertThatThrownBy(() -> Gain.calculate(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("nonlinearity");
        assertThatThrownBy(() -> Gain.of(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("activation");
        assertThatThrownBy(() -> Gain.of(new ActivationThresholdedReLU(50)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0.0");
        // The others ignore the parameter, as in torch.
        assertThat(Gain.calculate("relu", 7)).isEqualTo(Math.sqrt(2));
    }

    private static double of(Activation activation) {
        return Gain.of(activation.getActivationFunction());
    }
}
