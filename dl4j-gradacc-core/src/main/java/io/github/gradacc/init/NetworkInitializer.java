/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Propagation;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Re-initializes the weights of built networks.
 *
 * <p>It knows the type of each layer, hence the memory layout of its weights ({@link Layout}), and reaches layers whose
 * builders take no {@code IWeightInit} or ignore it: locally connected layers, attention, capsules and other SameDiff
 * layers. The {@code weightInit} of a whole configuration does not reach them either.
 *
 * <p>Parameters change in place: the updater keeps its state, which stays valid although it was gathered with other
 * weights (for a fresh start call {@code network.getUpdater().getStateViewArray().assign(0)}). Counters and listeners
 * are not touched, nor are frozen layers, batch normalization, the gain of layer normalization, the slopes of PReLU,
 * element-wise multiplication and the centers of a center loss.
 *
 * <p>Values come from ND4J's generator in its current state: call {@code Nd4j.getRandom().setSeed(...)} first to make
 * them reproducible. No other thread may use the network meanwhile. A call that fails leaves the parameters as they
 * were.
 */
public final class NetworkInitializer {

    /** The paper's {@code Tol_var}. */
    private static final double TOLERANCE = 0.1;
    /** The paper's {@code T_max}. */
    private static final int MAX_ITERATIONS = 10;

    private NetworkInitializer() {}

    /**
     * Draws new weights, and sets the biases to 0: those of an LSTM's forget gates too, which DL4J starts at 1.
     *
     * @param network an initialized network
     * @param initializer for all weights, recurrent ones included, without a {@link Layout}; DL4J's own get the fans of
     *     {@link Fans#of}, NaN for vectors
     * @throws IllegalArgumentException if the network is null or the initializer refuses a shape; the message names the
     *     layer and the parameter
     * @throws IllegalStateException if the network is not initialized
     */
    public static void apply(MultiLayerNetwork network, IWeightInit initializer) {
        apply(Network.of(network), initializer);
    }

    /** As {@link #apply(MultiLayerNetwork, IWeightInit)}, for a graph. */
    public static void apply(ComputationGraph network, IWeightInit initializer) {
        apply(Network.of(network), initializer);
    }

    /** As {@link #lsuv(MultiLayerNetwork, INDArray, double, int)}, with the paper's tolerance 0.1 and 10 iterations. */
    public static LsuvReport lsuv(MultiLayerNetwork network, INDArray features) {
        return lsuv(network, features, TOLERANCE, MAX_ITERATIONS);
    }

    /**
     * Layer-sequential unit variance (Mishkin and Matas 2016, "All you need is a good init"): weights become
     * orthogonal, then layer by layer they are divided by the standard deviation of the layer's output on the features
     * until its variance is 1 within the tolerance.
     *
     * <p>The output is measured before the activation function, as in inference (no dropout). Biases keep their values.
     * Layers whose output is not a linear function of their weights (recurrent ones, attention), or cannot be seen
     * before their activation function, start orthogonal and are named in the report. Each layer is computed three
     * times or more, from the output of the one before; the outputs of all layers are held at the same time. Masks are
     * not supported.
     *
     * @param network an initialized network
     * @param features a batch of real data, not changed; a few hundred examples will do
     * @param tolerance the largest {@code |variance - 1|} accepted, above 0
     * @param maxIterations how many times the weights of a layer may be divided, at least 1
     * @return what every layer with weights reached
     * @throws IllegalArgumentException if the network is null, or the features are not finite or do not fit it
     * @throws IllegalStateException if the network is not initialized
     */
    public static LsuvReport lsuv(MultiLayerNetwork network, INDArray features, double tolerance, int maxIterations) {
        return lsuv(Network.of(network), tolerance, maxIterations, features);
    }

    /** As {@link #lsuv(MultiLayerNetwork, INDArray)}, for a graph. */
    public static LsuvReport lsuv(ComputationGraph network, INDArray... features) {
        return lsuv(network, features, TOLERANCE, MAX_ITERATIONS);
    }

    /**
     * As {@link #lsuv(MultiLayerNetwork, INDArray, double, int)}, for a graph, in topological order.
     *
     * @param features a batch of real data for each input, not changed
     */
    public static LsuvReport lsuv(ComputationGraph network, INDArray[] features, double tolerance, int maxIterations) {
        return lsuv(Network.of(network), tolerance, maxIterations, features);
    }

    private static void apply(Network network, IWeightInit initializer) {
        Objects.requireNonNull(initializer, "initializer");
        if (initializer instanceof InLayout wrapped) {
            throw new IllegalArgumentException("NetworkInitializer chooses the layout of each parameter by itself, got "
                    + "Layout." + wrapped.layout() + ". Pass " + wrapped.initializer());
        }
        List<LayerParameters> layers = parameters(network);
        // All are drawn before the first is changed: a shape that the initializer refuses leaves the network as it was.
        List<List<INDArray>> fresh =
                layers.stream().map(layer -> layer.draw(initializer)).toList();
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).assign(fresh.get(i));
            layers.get(i).biases().forEach(bias -> bias.assign(0));
        }
    }

    private static LsuvReport lsuv(Network network, double tolerance, int maxIterations, INDArray... features) {
        Lsuv lsuv = new Lsuv(tolerance, maxIterations);
        requireFinite(features);
        List<LayerParameters> layers = parameters(network);
        INDArray weights = network.model().params();
        INDArray before = weights.dup();
        try (Propagation pass = network.propagate(false, features)) {
            // Once with the old weights, so that features that do not fit are found before anything is changed.
            for (int step = 0; step < layers.size(); step++) {
                pass.forward(step);
            }
            for (int step = 0; step < layers.size(); step++) {
                int current = step;
                lsuv.add(layers.get(step), () -> pass.forward(current));
                pass.forward(step);
            }
            return lsuv.report();
        } catch (RuntimeException e) {
            weights.assign(before);
            throw new IllegalArgumentException(
                    "The network fails on features of shape "
                            + Arrays.stream(features)
                                    .map(array -> Arrays.toString(array.shape()))
                                    .toList()
                            + "; its weights are as before. Pass what fit() would take. The cause: " + e.getMessage(),
                    e);
        }
    }

    private static List<LayerParameters> parameters(Network network) {
        return network.layers().stream().map(LayerParameters::new).toList();
    }

    private static void requireFinite(INDArray... features) {
        Objects.requireNonNull(features, "features");
        for (INDArray array : features) {
            Objects.requireNonNull(array, "features");
            if (array.isEmpty() || array.rank() == 0 || !Finiteness.allFinite(array)) {
                throw new IllegalArgumentException("Features need at least one example and finite values, got shape "
                        + Arrays.toString(array.shape()) + (array.isEmpty() ? "" : " with NaN or infinity"));
            }
        }
    }
}
