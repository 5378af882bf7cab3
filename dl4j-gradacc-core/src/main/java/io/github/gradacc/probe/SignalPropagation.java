/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Sends real data through a network and measures what leaves each layer, and with labels the gradients that come back.
 *
 * <pre>
 *   a_0 := features;   for l = 1 ... L:      a_l := layer_l(a_(l-1)),      measure a_l
 *   with labels:       for l = L - 1 ... 1:  g_l := d loss / d a_l,        measure g_l
 * </pre>
 *
 * <p>Layers run as in training, because that is where the signal must survive: batch normalization uses the statistics of
 * the features. Noise is left out: dropout and weight noise are off (frozen layers run as at test time anyway), so that two
 * probes give the same report; only RReLU still draws its slopes. Gradients flow through all time steps, also where the
 * network is configured for truncated backpropagation through time. The gradients are those with respect to activations, not
 * parameters: the gradient of a weight is the product of both signals, and hides one that vanishes behind one that explodes.
 *
 * <p>The network is not changed, and not even run: the passes are those of a replica that shares its parameters and has
 * inputs, masks, counters, gradients and (no) listeners of its own. All activations are held at the same time, outside of
 * workspaces: use a batch that would fit in training, a few hundred examples say as much as all. Masks are not supported.
 * Not while another thread trains the network.
 */
public final class SignalPropagation {

    private SignalPropagation() {}

    /**
     * Measures the activations of all layers.
     *
     * @param network an initialized network, not changed
     * @param features a batch of real data, not changed
     * @throws IllegalStateException if the network is not initialized
     * @throws IllegalArgumentException if the features do not fit the network
     */
    public static SignalReport probe(MultiLayerNetwork network, INDArray features) {
        return probeStack(network, features, null);
    }

    /**
     * Measures the activations of all layers and their gradients.
     *
     * @param network an initialized network that ends in a layer with a loss, not changed
     * @param features a batch of real data, not changed
     * @param labels what the loss compares with, as many examples as features; not changed
     * @throws IllegalStateException if the network is not initialized
     * @throws IllegalArgumentException if features or labels do not fit the network
     */
    public static SignalReport probe(MultiLayerNetwork network, INDArray features, INDArray labels) {
        Objects.requireNonNull(labels, "labels");
        return probeStack(network, features, labels);
    }

    /**
     * Measures the activations of all vertices of a graph with one input.
     *
     * @param graph an initialized graph, not changed
     * @param features a batch of real data, not changed
     * @throws IllegalStateException if the graph is not initialized
     * @throws IllegalArgumentException if the features do not fit the graph
     */
    public static SignalReport probe(ComputationGraph graph, INDArray features) {
        return probeGraph(graph, new INDArray[] {features}, null);
    }

    /**
     * Measures the activations of all vertices of a graph with one input and one output, and their gradients.
     *
     * @param graph an initialized graph whose output is a layer with a loss, not changed
     * @param features a batch of real data, not changed
     * @param labels what the loss compares with, as many examples as features; not changed
     * @throws IllegalStateException if the graph is not initialized
     * @throws IllegalArgumentException if features or labels do not fit the graph
     */
    public static SignalReport probe(ComputationGraph graph, INDArray features, INDArray labels) {
        return probeGraph(graph, new INDArray[] {features}, new INDArray[] {labels});
    }

    /**
     * Measures the activations of all vertices of a graph.
     *
     * @param graph an initialized graph, not changed
     * @param features a batch of real data for each input, not changed
     * @throws IllegalStateException if the graph is not initialized
     * @throws IllegalArgumentException if the features do not fit the graph
     */
    public static SignalReport probe(ComputationGraph graph, INDArray[] features) {
        return probeGraph(graph, features, null);
    }

    /**
     * Measures the activations of all vertices of a graph and their gradients.
     *
     * @param graph an initialized graph whose outputs are layers with losses, not changed
     * @param features a batch of real data for each input, not changed
     * @param labels what the loss of each output compares with, not changed
     * @throws IllegalStateException if the graph is not initialized
     * @throws IllegalArgumentException if features or labels do not fit the graph
     */
    public static SignalReport probe(ComputationGraph graph, INDArray[] features, INDArray[] labels) {
        Objects.requireNonNull(labels, "labels");
        return probeGraph(graph, features, labels);
    }

    private static SignalReport probeStack(MultiLayerNetwork network, INDArray features, @Nullable INDArray labels) {
        requireInitialized(Objects.requireNonNull(network, "network").isInitCalled());
        requireArrays("features", List.of("input"), features);
        if (labels != null) {
            requireArrays("labels", List.of("output"), labels);
            Losses.require(network.getOutputLayer());
            requireSameExamples(features, labels);
        }
        return run(
                () -> new SignalReport(
                        new StackPass(QuietReplica.of(network)).run(features, labels), Inputs.of(network, features)),
                new INDArray[] {features},
                labels == null ? null : new INDArray[] {labels});
    }

    private static SignalReport probeGraph(ComputationGraph graph, INDArray[] features, INDArray @Nullable [] labels) {
        requireInitialized(Objects.requireNonNull(graph, "graph").getVertices() != null);
        Objects.requireNonNull(features, "features");
        requireArrays("features", graph.getConfiguration().getNetworkInputs(), features);
        if (labels != null) {
            List<String> outputs = graph.getConfiguration().getNetworkOutputs();
            requireArrays("labels", outputs, labels);
            outputs.forEach(name -> Losses.require(graph.getLayer(name)));
            for (INDArray array : labels) {
                requireSameExamples(features[0], array);
            }
        }
        return run(
                () -> new SignalReport(
                        new GraphPass(QuietReplica.of(graph)).run(features, labels), Inputs.of(graph, features)),
                features,
                labels);
    }

    /** DL4J's errors about shapes are of many types and from deep inside: the shapes are added here. */
    private static SignalReport run(Supplier<SignalReport> pass, INDArray[] features, INDArray @Nullable [] labels) {
        try {
            return pass.get();
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "The network fails on features of shape " + shapes(features)
                            + (labels == null ? "" : " and labels of shape " + shapes(labels))
                            + ". Give it what fit() would take. It says: " + e.getMessage(),
                    e);
        }
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalStateException("The network is not initialized: call init() first");
        }
    }

    private static void requireArrays(String what, List<String> names, INDArray... arrays) {
        if (arrays.length != names.size()) {
            throw new IllegalArgumentException("The network needs one array of " + what + " for each of " + names
                    + ", in this order, got " + arrays.length);
        }
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = Objects.requireNonNull(arrays[i], what + " of " + names.get(i));
            if (array.isEmpty() || array.rank() == 0) {
                throw new IllegalArgumentException("The " + what + " of " + names.get(i)
                        + " need at least one example, got shape " + Arrays.toString(array.shape()));
            }
        }
    }

    private static void requireSameExamples(INDArray features, INDArray labels) {
        if (features.size(0) != labels.size(0)) {
            throw new IllegalArgumentException(
                    "Features and labels must have the same number of examples, got features of" + " shape "
                            + shapes(features) + " and labels of shape " + shapes(labels));
        }
    }

    private static String shapes(INDArray... arrays) {
        return Arrays.stream(arrays)
                .map(array -> Arrays.toString(array.shape()))
                .collect(Collectors.joining(" and "));
    }
}
