/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Layer-sequential unit variance (Mishkin and Matas 2016, "All you need is a good init", algorithm 1), for one layer at a
 * time, first to last:
 *
 * <pre>
 *   W := orthogonal
 *   v := variance of W x + b over all units, positions and examples
 *   while |v - 1| &gt; tolerance and iterations are left:
 *       W := W / sqrt(v)
 *       v := variance of W x + b
 * </pre>
 *
 * The output is measured before the activation function, as the paper does it for convolutions and inner products. Weights
 * that multiply each other (the two of a separable convolution) share the division.
 */
final class Lsuv {

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
     * @param parameters of the layer; layers without weights are passed over
     * @param output computes the layer's output from the data, with inference behaviour
     */
    void add(LayerParameters parameters, Supplier<INDArray> output) {
        if (parameters.frozen()) {
            notScaled(parameters, Double.NaN, 0, "it is frozen");
            return;
        }
        if (parameters.weights().isEmpty()) {
            return;
        }
        parameters.assign(parameters.draw(new Orthogonal(1, LayerKinds.hasGates(parameters.layer()) ? 4 : 1)));
        String obstacle = obstacle(parameters.layer());
        if (!obstacle.isEmpty() || !(parameters.layer() instanceof BaseLayer layer)) {
            notScaled(parameters, Double.NaN, 0, obstacle);
            return;
        }
        double factors = layer instanceof SeparableConvolution2D ? 2 : 1;
        int iterations = 0;
        double variance = variance(layer, output);
        while (!(Math.abs(variance - 1) <= tolerance) && iterations < maxIterations) {
            if (!(variance > 0 && variance < Double.POSITIVE_INFINITY)) {
                notScaled(parameters, variance, iterations, "the variance of its output is " + variance);
                return;
            }
            double divisor = Math.pow(variance, 0.5 / factors);
            parameters.weights().forEach(weight -> weight.divi(divisor));
            iterations++;
            variance = variance(layer, output);
        }
        boolean within = Math.abs(variance - 1) <= tolerance;
        reached.add(new LsuvLayer(parameters.name(), variance, iterations, within, ""));
    }

    LsuvReport report() {
        return new LsuvReport(reached);
    }

    private void notScaled(LayerParameters parameters, double variance, int iterations, String obstacle) {
        reached.add(new LsuvLayer(parameters.name(), variance, iterations, false, obstacle));
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

    private static String obstacle(@Nullable Layer layer) {
        if (layer instanceof BaseRecurrentLayer) {
            return "it is recurrent: its output is no linear function of its weights";
        } else if (layer instanceof DenseLayer dense && dense.hasLayerNorm()) {
            return "layer normalisation undoes any scale";
        } else if (!(layer instanceof FeedForwardLayer)
                || layer instanceof VariationalAutoencoder
                || layer instanceof OCNNOutputLayer) {
            return "its output is no linear function of its weights";
        }
        return "";
    }
}
