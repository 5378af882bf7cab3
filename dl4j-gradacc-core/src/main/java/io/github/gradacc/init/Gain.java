/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationPReLU;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSELU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The factor by which weights must make up for what an activation function does to the scale of a signal:
 * {@code torch.nn.init.calculate_gain}.
 *
 * <p>torch's values are conventions. Those of the ReLU family are the gain that keeps {@code E[f(z)^2] = 1} for
 * {@code z ~ N(0, 1)}, that is {@code E[f(z)^2]^(-1/2)}; tanh (5/3), sigmoid (1) and SELU (3/4) are not (they would be
 * 1.593, 1.845 and 1). {@link #of} returns torch's value where torch has one and {@code E[f(z)^2]^(-1/2)} elsewhere.
 */
public final class Gain {

    private static final double DEFAULT_SLOPE = 0.01;

    /** The gains of some classes and their subclasses; the others need quadrature. */
    private static final Map<Class<? extends IActivation>, ToDoubleFunction<IActivation>> RULES = Map.of(
            ActivationIdentity.class, f -> calculate("linear"),
            ActivationSoftmax.class, f -> calculate("linear"),
            ActivationSigmoid.class, f -> calculate("sigmoid"),
            ActivationTanH.class, f -> calculate("tanh"),
            ActivationSELU.class, f -> calculate("selu"),
            ActivationLReLU.class, f -> calculate("leaky_relu", ((ActivationLReLU) f).getAlpha()),
            ActivationReLU.class, f -> rectifier((ActivationReLU) f),
            ActivationPReLU.class, f -> parametric((ActivationPReLU) f),
            ActivationRReLU.class, f -> randomized((ActivationRReLU) f));

    private Gain() {}

    /**
     * Returns torch's gain for a name that torch knows; {@code leaky_relu} with slope 0.01.
     *
     * @param nonlinearity {@code linear}, {@code conv1d} to {@code conv3d}, {@code conv_transpose1d} to
     *     {@code conv_transpose3d}, {@code sigmoid}, {@code tanh}, {@code relu}, {@code leaky_relu} or {@code selu}
     * @return the gain
     */
    public static double calculate(String nonlinearity) {
        return calculate(nonlinearity, DEFAULT_SLOPE);
    }

    /**
     * Returns torch's gain for a name that torch knows.
     *
     * @param nonlinearity as in {@link #calculate(String)}
     * @param param the negative slope of {@code leaky_relu}, finite; the others ignore it, as in torch
     * @return the gain
     */
    public static double calculate(String nonlinearity, double param) {
        Objects.requireNonNull(nonlinearity, "nonlinearity");
        return switch (nonlinearity) {
            case "linear",
                    "conv1d",
                    "conv2d",
                    "conv3d",
                    "conv_transpose1d",
                    "conv_transpose2d",
                    "conv_transpose3d",
                    "sigmoid" -> 1;
            case "tanh" -> 5.0 / 3;
            case "relu" -> Math.sqrt(2);
            case "leaky_relu" -> leaky(param * param, "leaky_relu with slope " + param);
            case "selu" -> 0.75;
            default ->
                throw new IllegalArgumentException("Unknown nonlinearity '" + nonlinearity
                        + "'. torch knows linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d, sigmoid,"
                        + " tanh,"
                        + " relu, leaky_relu and selu; for others use Gain.of(IActivation)");
        };
    }

    /**
     * Returns the gain for one of DL4J's activation functions, with its parameters.
     *
     * <p>Identity, sigmoid, tanh, ReLU, leaky ReLU and SELU have torch's values. Parametric ReLU has the value for the
     * mean square of its slopes, randomized ReLU for the mean square of its random slope in training. Softmax mixes
     * units, so {@code f(z)} has no meaning: its gain is 1, as for the linear layer that it follows. All others have
     * {@code E[f(z)^2]^(-1/2)}, {@code z ~ N(0, 1)}, by quadrature in DOUBLE: three Gauss-Legendre points in every cell
     * of width 1/1024 on [-12, 12]. Smooth functions are right to 1e-12, and so are kinks and jumps at multiples of
     * 1/1024; a jump inside a cell costs at most 1e-3 times its height squared.
     *
     * <p>The function is what DL4J computes: its GELU is by default the approximation {@code z sigmoid(1.702 z)}, whose
     * gain is that of no other GELU.
     *
     * @param activation the function; its state is not changed
     * @return the gain
     */
    public static double of(IActivation activation) {
        Objects.requireNonNull(activation, "activation");
        return RULES.entrySet().stream()
                .filter(rule -> rule.getKey().isInstance(activation))
                .findFirst()
                .map(rule -> rule.getValue().applyAsDouble(activation))
                .orElseGet(() -> bySecondMoment(activation));
    }

    private static double bySecondMoment(IActivation activation) {
        return 1 / Math.sqrt(GaussianSecondMoment.of(activation));
    }

    /** A ReLU with a maximum or a threshold is another function. */
    private static double rectifier(ActivationReLU relu) {
        boolean plain = relu.getMax() == null && relu.getThreshold() == null;
        double slope = relu.getNegativeSlope() == null ? 0 : relu.getNegativeSlope();
        return plain ? calculate("leaky_relu", slope) : bySecondMoment(relu);
    }

    private static double parametric(ActivationPReLU prelu) {
        INDArray slopes = prelu.getAlpha().castTo(DataType.DOUBLE);
        return leaky(slopes.mul(slopes).meanNumber().doubleValue(), prelu.toString());
    }

    /** The mean square of {@code U(l, u)} is {@code (l^2 + l u + u^2) / 3}. */
    private static double randomized(ActivationRReLU rrelu) {
        double l = rrelu.getL();
        double u = rrelu.getU();
        return leaky((l * l + l * u + u * u) / 3, rrelu.toString());
    }

    /** {@code E[f(z)^2] = (1 + a^2) / 2} for slopes 1 and a. */
    private static double leaky(double squaredSlope, String function) {
        if (!(squaredSlope < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "The square of a slope must be finite, got " + squaredSlope + " for " + function);
        }
        return Math.sqrt(2 / (1 + squaredSlope));
    }
}
