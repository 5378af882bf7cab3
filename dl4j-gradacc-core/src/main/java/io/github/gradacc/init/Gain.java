/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Objects;
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
 * What an activation function takes from the scale of a signal, and weights must give back:
 * {@code torch.nn.init.calculate_gain}.
 *
 * <p>torch's values are conventions. Those of the ReLU family are the gain that keeps {@code E[f(z)^2] = 1} for
 * {@code z ~ N(0, 1)}, that is {@code E[f(z)^2]^(-1/2)}; tanh (5/3), sigmoid (1) and SELU (3/4) are not (they would be 1.593,
 * 1.845 and 1). {@link #of} returns torch's value where torch has one and {@code E[f(z)^2]^(-1/2)} elsewhere.
 */
public final class Gain {

    private static final double DEFAULT_SLOPE = 0.01;

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
            case "leaky_relu" -> leaky(param * param, "The slope of leaky_relu", param);
            case "selu" -> 0.75;
            default ->
                throw new IllegalArgumentException("Unknown nonlinearity '" + nonlinearity
                        + "'. torch knows linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d, sigmoid, tanh,"
                        + " relu, leaky_relu and selu; for others use Gain.of(IActivation)");
        };
    }

    /**
     * Returns the gain for one of DL4J's activation functions, with its parameters.
     *
     * <p>Identity, sigmoid, tanh, ReLU, leaky ReLU and SELU have torch's values. Parametric ReLU has the value for the mean
     * square of its slopes, randomised ReLU for the mean square of its random slope in training. Softmax mixes units, so that
     * {@code f(z)} has no meaning: 1, as for the linear layer that it follows. All others have {@code E[f(z)^2]^(-1/2)},
     * {@code z ~ N(0, 1)}, by quadrature in DOUBLE: three Gauss-Legendre points in every cell of width 1/1024 on [-12, 12].
     * Smooth functions are right to 1e-12, kinks and jumps at multiples of 1/1024 too; a jump inside a cell costs at most 1e-3
     * times its height squared.
     *
     * @param activation the function; its state is not changed
     * @return the gain
     */
    public static double of(IActivation activation) {
        Objects.requireNonNull(activation, "activation");
        if (activation instanceof ActivationIdentity || activation instanceof ActivationSoftmax) {
            return calculate("linear");
        } else if (activation instanceof ActivationSigmoid) {
            return calculate("sigmoid");
        } else if (activation instanceof ActivationTanH) {
            return calculate("tanh");
        } else if (activation instanceof ActivationSELU) {
            return calculate("selu");
        } else if (activation instanceof ActivationLReLU leaky) {
            return calculate("leaky_relu", leaky.getAlpha());
        } else if (activation instanceof ActivationReLU relu && relu.getMax() == null && relu.getThreshold() == null) {
            return calculate("leaky_relu", relu.getNegativeSlope() == null ? 0 : relu.getNegativeSlope());
        } else if (activation instanceof ActivationPReLU parametric) {
            INDArray slopes = parametric.getAlpha().castTo(DataType.DOUBLE);
            double meanSquare = slopes.mul(slopes).meanNumber().doubleValue();
            return leaky(meanSquare, "The mean square of the slopes of " + activation, meanSquare);
        } else if (activation instanceof ActivationRReLU random) {
            double l = random.getL();
            double u = random.getU();
            return leaky((l * l + l * u + u * u) / 3, "The slope of " + activation, l);
        }
        return 1 / Math.sqrt(GaussianMean.ofSquare(activation));
    }

    /** {@code E[f(z)^2] = (1 + a^2) / 2} for slopes 1 and a. */
    private static double leaky(double squaredSlope, String what, double value) {
        if (!(squaredSlope < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(what + " must be finite, got " + value);
        }
        return Math.sqrt(2 / (1 + squaredSlope));
    }
}
