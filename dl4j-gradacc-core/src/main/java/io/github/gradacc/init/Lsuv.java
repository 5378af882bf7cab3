/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.OutputScale;
import io.github.gradacc.dl4j.Wrapping;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Layer-sequential unit variance (Mishkin and Matas 2016, "All you need is a good init", algorithm 1), for one layer at
 * a time, first to last:
 *
 * <pre>
 *   W := orthogonal
 *   v := variance of W x + b over all units, positions and examples
 *   while |v - 1| &gt; tolerance and iterations are left:
 *       W := W / sqrt(v)
 *       v := variance of W x + b
 * </pre>
 *
 * The output is measured before the activation function, as the paper does it for convolutions and inner products.
 * Weights that multiply each other (the two of a separable convolution) share the division.
 */
final class Lsuv {

    private static final String NOT_LINEAR = "its output is not a linear function of its weights";

    private final double tolerance;
    private final int maxIterations;
    private final List<LsuvLayer> reached = new ArrayList<>();

    Lsuv(double tolerance, int maxIterations) {
        if (!(tolerance > 0 && tolerance < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("tolerance must be finite and above 0, got " + tolerance);
        }
        if (maxIterations < 1) {
            throw new IllegalArgumentException("maxIterations must be at least 1, got " + maxIterations);
        }
        this.tolerance = tolerance;
        this.maxIterations = maxIterations;
    }

    /**
     * Starts from orthogonal weights, then scales them.
     *
     * @param parameters the layer's; layers without weights are skipped
     * @param output computes the layer's output on the data, as in inference
     */
    void add(LayerParameters parameters, Supplier<INDArray> output) {
        LayerView layer = parameters.layer();
        if (layer.isFrozen()) {
            if (layer.parameters().numParams() > 0) {
                notScaled(parameters, Double.NaN, 0, "it is frozen");
            }
            return;
        }
        if (parameters.weights().isEmpty()) {
            return;
        }
        Optional<LayerWeights> vector = parameters.weights().stream()
                .filter(weight -> weight.view().rank() < 2)
                .findFirst();
        if (vector.isPresent()) {
            String key = vector.get().key();
            notScaled(
                    parameters, Double.NaN, 0, "its weights '" + key + "' are a vector, which has no orthogonal start");
            return;
        }
        parameters.assign(parameters.draw(new Orthogonal(1, layer.facts().isGated() ? 4 : 1)));
        Layer inside = layer.configuration().map(Wrapping::innermost).orElse(null);
        String type = inside == null ? layer.type() : inside.getClass().getSimpleName();
        String obstacle = obstacle(layer.facts().outputScale(), type);
        if (!obstacle.isEmpty() || !(inside instanceof BaseLayer scaled)) {
            notScaled(parameters, Double.NaN, 0, obstacle);
            return;
        }
        double factors = parameters.weights().size();
        int iterations = 0;
        double variance = variance(scaled, output);
        while (!(Math.abs(variance - 1) <= tolerance) && iterations < maxIterations) {
            if (!(variance > 0 && variance < Double.POSITIVE_INFINITY)) {
                notScaled(parameters, variance, iterations, "the variance of its output is " + variance);
                return;
            }
            double divisor = Math.pow(variance, 0.5 / factors);
            parameters.weights().forEach(weight -> weight.view().divi(divisor));
            iterations++;
            variance = variance(scaled, output);
        }
        boolean within = Math.abs(variance - 1) <= tolerance;
        reached.add(new LsuvLayer(layer.name(), variance, iterations, within, ""));
    }

    LsuvReport report() {
        return new LsuvReport(reached);
    }

    private void notScaled(LayerParameters parameters, double variance, int iterations, String obstacle) {
        reached.add(new LsuvLayer(parameters.layer().name(), variance, iterations, false, obstacle));
    }

    /**
     * Returns why the output of a layer does not follow the scale of its weights, or cannot be seen; empty if it does.
     */
    private static String obstacle(OutputScale scale, String type) {
        return switch (scale) {
            case LINEAR -> "";
            case RECURRENT -> "it is recurrent: " + NOT_LINEAR;
            case ATTENTION -> "it is attention: " + NOT_LINEAR;
            case NONLINEAR -> NOT_LINEAR;
            case NORMALIZED -> "layer normalization undoes any scale";
            case HIDDEN_ACTIVATION ->
                "its activation function is a part of its SameDiff graph, so the output before it is out of reach";
            case UNKNOWN -> "its type, " + type + ", does not say where its activation function is";
        };
    }

    private static double variance(BaseLayer layer, Supplier<INDArray> output) {
        IActivation activation = layer.getActivationFn();
        layer.setActivationFn(new ActivationIdentity());
        try {
            return output.get().castTo(DataType.DOUBLE).var(false).getDouble(0);
        } finally {
            layer.setActivationFn(activation);
        }
    }
}
