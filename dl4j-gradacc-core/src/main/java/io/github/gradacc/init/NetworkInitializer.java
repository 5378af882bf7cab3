/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.array.Finiteness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Re-initializes the weights of built networks.
 *
 * <p>It knows the type of each layer, hence how its weights lie ({@link Layout}), and reaches layers whose builders take no
 * {@code IWeightInit} or ignore it: locally connected ones, attention, capsules and other SameDiff layers, which the
 * {@code weightInit} of a whole configuration does not reach either.
 *
 * <p>Parameters change in place: the updater keeps its state, which stays valid though it was gathered with other weights
 * (for a fresh start call {@code network.getUpdater().getStateViewArray().assign(0)}). Counters and listeners are not
 * touched, nor are frozen layers, batch normalization, the gain of layer normalization, the slopes of PReLU, element-wise
 * multiplication and the centers of a center loss.
 *
 * <p>Values come from ND4J's generator as it stands: {@code Nd4j.getRandom().setSeed(...)} before makes them reproducible.
 * Not while another thread uses the network. What fails leaves the network's parameters as they were.
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
     * @throws IllegalArgumentException if the network is not initialized or the initializer refuses a shape; it names the
     *     layer and the parameter
     */
    public static void apply(MultiLayerNetwork network, IWeightInit initializer) {
        apply(parameters(network), initializer);
    }

    /**
     * Draws new weights, and sets the biases to 0: those of an LSTM's forget gates too, which DL4J starts at 1.
     *
     * @param network an initialized network
     * @param initializer for all weights, recurrent ones included, without a {@link Layout}; DL4J's own get the fans of
     *     {@link Fans#of}, NaN for vectors
     * @throws IllegalArgumentException if the network is not initialized or the initializer refuses a shape; it names the
     *     layer and the parameter
     */
    public static void apply(ComputationGraph network, IWeightInit initializer) {
        apply(parameters(network), initializer);
    }

    /**
     * Layer-sequential unit variance with the paper's tolerance 0.1 and 10 iterations.
     *
     * @param network an initialized network
     * @param features a batch of real data, not changed
     * @return what every layer with weights reached
     * @see #lsuv(MultiLayerNetwork, INDArray, double, int)
     */
    public static LsuvReport lsuv(MultiLayerNetwork network, INDArray features) {
        return lsuv(network, features, TOLERANCE, MAX_ITERATIONS);
    }

    /**
     * Layer-sequential unit variance (Mishkin and Matas 2016, "All you need is a good init"): weights become orthogonal, then
     * layer by layer they are divided by the standard deviation of the layer's output on the features until its variance is 1
     * within the tolerance.
     *
     * <p>The output is that before the activation function, with inference behavior (no dropout). Biases keep their values.
     * Layers whose output is no linear function of their weights (recurrent ones, attention), or cannot be seen before their
     * activation function, start orthogonal and are named in the report. Each layer is computed three times or more, from
     * the output of the one before; the outputs of all layers are held at the same time. Masks are not supported.
     *
     * @param network an initialized network
     * @param features a batch of real data, not changed; a few hundred examples will do
     * @param tolerance the largest {@code |variance - 1|} accepted, above 0
     * @param maxIterations how often the weights of a layer are divided at most, at least 1
     * @return what every layer with weights reached
     * @throws IllegalArgumentException if the network is not initialized, or the features are not finite or do not fit it
     */
    public static LsuvReport lsuv(MultiLayerNetwork network, INDArray features, double tolerance, int maxIterations) {
        Lsuv lsuv = new Lsuv(tolerance, maxIterations);
        List<List<LayerParameters>> steps =
                parameters(network).stream().map(List::of).toList();
        requireFinite(features);
        INDArray input = network.getInput();
        network.setInput(features);
        try {
            return scale(
                    lsuv,
                    steps,
                    new StackPass(
                            network.getLayers(), network.getLayerWiseConfigurations()::getInputPreProcess, features),
                    network.params(),
                    features);
        } finally {
            network.setInput(input);
        }
    }

    /**
     * Layer-sequential unit variance with the paper's tolerance 0.1 and 10 iterations.
     *
     * @param network an initialized network
     * @param features a batch of real data for each input, not changed
     * @return what every layer with weights reached
     * @see #lsuv(MultiLayerNetwork, INDArray, double, int)
     */
    public static LsuvReport lsuv(ComputationGraph network, INDArray... features) {
        return lsuv(network, features, TOLERANCE, MAX_ITERATIONS);
    }

    /**
     * Layer-sequential unit variance, in topological order.
     *
     * @param network an initialized network
     * @param features a batch of real data for each input, not changed
     * @param tolerance the largest {@code |variance - 1|} accepted, above 0
     * @param maxIterations how often the weights of a layer are divided at most, at least 1
     * @return what every layer with weights reached
     * @throws IllegalArgumentException if the network is not initialized, or the features are not finite or do not fit it
     * @see #lsuv(MultiLayerNetwork, INDArray, double, int)
     */
    public static LsuvReport lsuv(ComputationGraph network, INDArray[] features, double tolerance, int maxIterations) {
        Lsuv lsuv = new Lsuv(tolerance, maxIterations);
        List<List<LayerParameters>> steps = steps(network);
        requireFinite(features);
        INDArray[] inputs = network.getInputs();
        network.setInputs(features);
        try {
            return scale(
                    lsuv,
                    steps,
                    new GraphPass(network.getVertices(), network.topologicalSortOrder(), features),
                    network.params(),
                    features);
        } finally {
            network.setInputs(inputs);
        }
    }

    private static void apply(List<LayerParameters> layers, IWeightInit initializer) {
        Objects.requireNonNull(initializer, "initializer");
        if (initializer instanceof InLayout wrapped) {
            throw new IllegalArgumentException("NetworkInitializer chooses the layout of each parameter by itself, got "
                    + "Layout." + wrapped.layout() + ". Pass " + wrapped.initializer());
        }
        // All are drawn before the first is changed: a shape that the initializer refuses leaves the network as it was.
        List<List<INDArray>> fresh =
                layers.stream().map(layer -> layer.draw(initializer)).toList();
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).assign(fresh.get(i));
            layers.get(i).biases().forEach(bias -> bias.assign(0));
        }
    }

    /** Passes once with the old weights, so that features which do not fit are found before anything is changed. */
    private static LsuvReport scale(
            Lsuv lsuv, List<List<LayerParameters>> steps, StepwisePass pass, INDArray weights, INDArray... features) {
        INDArray before = weights.dup();
        try {
            for (int step = 0; step < pass.steps(); step++) {
                pass.compute(step);
            }
            for (int step = 0; step < pass.steps(); step++) {
                int current = step;
                steps.get(step).forEach(parameters -> lsuv.add(parameters, () -> pass.compute(current)));
                pass.compute(step);
            }
            return lsuv.report();
        } catch (RuntimeException e) {
            weights.assign(before);
            throw new IllegalArgumentException(
                    "The network fails on features of shape "
                            + Arrays.stream(features)
                                    .map(array -> Arrays.toString(array.shape()))
                                    .toList()
                            + "; its weights are as before. Give it what fit() would take. It says: " + e.getMessage(),
                    e);
        }
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

    private static List<LayerParameters> parameters(MultiLayerNetwork network) {
        Objects.requireNonNull(network, "network");
        requireInitialized(network.isInitCalled());
        return Arrays.stream(network.getLayers()).map(LayerParameters::of).toList();
    }

    private static List<LayerParameters> parameters(ComputationGraph network) {
        return steps(network).stream().flatMap(List::stream).toList();
    }

    /** For each vertex in topological order one element, or none if it has no parameters. */
    private static List<List<LayerParameters>> steps(ComputationGraph network) {
        Objects.requireNonNull(network, "network");
        requireInitialized(network.getVertices() != null);
        List<List<LayerParameters>> steps = new ArrayList<>();
        for (int index : network.topologicalSortOrder()) {
            steps.add(parameters(network.getVertices()[index]));
        }
        return steps;
    }

    private static List<LayerParameters> parameters(GraphVertex vertex) {
        if (vertex instanceof FrozenVertex) {
            return vertex.numParams() == 0 ? List.of() : List.of(LayerParameters.frozen(vertex.getVertexName()));
        } else if (vertex.hasLayer()) {
            return List.of(LayerParameters.of(vertex.getLayer()));
        } else if (vertex.getConfig() instanceof SameDiffVertex configuration) {
            return List.of(LayerParameters.of(vertex.getVertexName(), configuration, vertex));
        }
        return List.of();
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalArgumentException("The network has no parameters yet: call init() first");
        }
    }
}
