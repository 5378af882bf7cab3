/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Re-initialises the weights of built networks.
 *
 * <p>It knows the type of each layer, hence its {@link Layout}, and reaches layers whose builders take no
 * {@code IWeightInit} or ignore it: locally connected ones, attention and other SameDiff layers.
 *
 * <p>Parameters change in place: the updater keeps its state, which stays valid though it was gathered with other weights
 * (for a fresh start call {@code network.getUpdater().getStateViewArray().assign(0)}). Counters and listeners are not
 * touched, nor are frozen layers, batch normalisation, the gain of layer normalisation, the slopes of PReLU, element-wise
 * multiplication and the centres of a centre loss.
 *
 * <p>Values come from ND4J's generator as it stands: {@code Nd4j.getRandom().setSeed(...)} before makes them reproducible.
 * Not while another thread uses the network. An initialiser that refuses a layer's shape leaves the network as it was.
 */
public final class NetworkInitializer {

    /** The paper's {@code Tol_var}. */
    private static final double TOLERANCE = 0.1;
    /** The paper's {@code T_max}. */
    private static final int MAX_ITERATIONS = 10;

    private NetworkInitializer() {}

    /**
     * Draws new weights, and sets the biases to 0 (those of forget gates too).
     *
     * @param network an initialised network
     * @param initializer for all weights, recurrent ones included; DL4J's own get the fans of {@link Fans#of}
     */
    public static void apply(MultiLayerNetwork network, IWeightInit initializer) {
        apply(parameters(network), initializer);
    }

    /**
     * Draws new weights, and sets the biases to 0 (those of forget gates too).
     *
     * @param network an initialised network
     * @param initializer for all weights, recurrent ones included; DL4J's own get the fans of {@link Fans#of}
     */
    public static void apply(ComputationGraph network, IWeightInit initializer) {
        apply(parameters(network), initializer);
    }

    /**
     * Layer-sequential unit variance with the paper's tolerance 0.1 and 10 iterations.
     *
     * @param network an initialised network
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
     * <p>The output is that before the activation function, with inference behaviour (no dropout). Biases keep their values.
     * Layers whose output is no linear function of their weights (recurrent ones, attention) start orthogonal and are named in
     * the report. Each measurement is a forward pass up to its layer; not for networks whose depth makes that too long.
     *
     * @param network an initialised network
     * @param features a batch of real data, not changed; a few hundred examples will do
     * @param tolerance the largest {@code |variance - 1|} accepted, above 0
     * @param maxIterations how often the weights of a layer are divided at most, at least 1
     * @return what every layer with weights reached
     */
    public static LsuvReport lsuv(MultiLayerNetwork network, INDArray features, double tolerance, int maxIterations) {
        Lsuv lsuv = new Lsuv(tolerance, maxIterations);
        List<LayerParameters> layers = parameters(network);
        for (int i = 0; i < layers.size(); i++) {
            int index = i;
            lsuv.add(
                    layers.get(i),
                    () -> network.feedForwardToLayer(index, features, false).get(index + 1));
        }
        return lsuv.report();
    }

    /**
     * Layer-sequential unit variance with the paper's tolerance 0.1 and 10 iterations.
     *
     * @param network an initialised network
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
     * @param network an initialised network
     * @param features a batch of real data for each input, not changed
     * @param tolerance the largest {@code |variance - 1|} accepted, above 0
     * @param maxIterations how often the weights of a layer are divided at most, at least 1
     * @return what every layer with weights reached
     * @see #lsuv(MultiLayerNetwork, INDArray, double, int)
     */
    public static LsuvReport lsuv(ComputationGraph network, INDArray[] features, double tolerance, int maxIterations) {
        Lsuv lsuv = new Lsuv(tolerance, maxIterations);
        requireInitialized(network.getVertices() != null);
        int[] order = network.topologicalSortOrder();
        for (int i = 0; i < order.length; i++) {
            int position = i;
            GraphVertex vertex = network.getVertices()[order[i]];
            for (LayerParameters parameters : parameters(vertex)) {
                // This overload counts vertices in topological order, the one without its last argument layers.
                lsuv.add(
                        parameters,
                        () -> network.feedForward(features, position, false, true)
                                .get(vertex.getVertexName()));
            }
        }
        return lsuv.report();
    }

    private static void apply(List<LayerParameters> layers, IWeightInit initializer) {
        // All are drawn before the first is changed: a shape that the initialiser refuses leaves the network as it was.
        List<List<INDArray>> fresh =
                layers.stream().map(layer -> layer.draw(initializer)).toList();
        for (int i = 0; i < layers.size(); i++) {
            layers.get(i).assign(fresh.get(i));
            layers.get(i).biases().forEach(bias -> bias.assign(0));
        }
    }

    private static List<LayerParameters> parameters(MultiLayerNetwork network) {
        requireInitialized(network.isInitCalled());
        List<LayerParameters> layers = new ArrayList<>();
        for (Layer layer : network.getLayers()) {
            layers.add(LayerParameters.of(layer));
        }
        return layers;
    }

    private static List<LayerParameters> parameters(ComputationGraph network) {
        requireInitialized(network.getVertices() != null);
        List<LayerParameters> layers = new ArrayList<>();
        for (int index : network.topologicalSortOrder()) {
            layers.addAll(parameters(network.getVertices()[index]));
        }
        return layers;
    }

    /** One element, or none for a vertex without parameters. */
    private static List<LayerParameters> parameters(GraphVertex vertex) {
        if (vertex.hasLayer()) {
            return List.of(LayerParameters.of(vertex.getLayer()));
        } else if (vertex.getConfig() instanceof SameDiffVertex configuration) {
            boolean frozen = vertex instanceof FrozenVertex;
            return List.of(LayerParameters.of(vertex.getVertexName(), configuration, vertex, frozen));
        }
        return List.of();
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalArgumentException("The network has no parameters yet: call init() first");
        }
    }
}
