/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Propagation;
import io.github.gradacc.dl4j.Replica;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
 *                      w := all parameters:  g_w := d loss / d w,          measure g_w
 * </pre>
 *
 * <p>Layers run as in training, because that is where the signal must survive: batch normalization uses the statistics
 * of the features. Noise is left out: dropout and weight noise are off (frozen layers run as in inference anyway), so
 * two probes give the same report; only RReLU still draws its slopes. Gradients flow through all time steps, even where
 * the network is configured for truncated backpropagation through time. The gradients of layers are those with
 * respect to activations, not parameters: the gradient of a weight is the product of both signals, and hides one that
 * vanishes behind one that explodes. Those of the parameters, all in one, tell whether what is not finite reaches any.
 *
 * <p>The network is not changed, and not even run: the passes are those of a replica that shares its parameters and has
 * inputs, masks, counters and gradients of its own, and no listeners. Its configuration is copied by way of JSON, as
 * saving the network does. All activations are held at the same time, outside of workspaces: use a batch that would fit
 * in training; a few hundred examples tell as much as all of them. Masks are not supported. No other thread may train
 * the network meanwhile.
 */
public final class SignalPropagation {

    private SignalPropagation() {}

    /**
     * Measures the activations of all layers.
     *
     * @param network an initialized network, not changed
     * @param features a batch of real data, not changed
     * @throws IllegalArgumentException if the network is null or the features do not fit it
     * @throws IllegalStateException if the network is not initialized, or its configuration cannot be stored as JSON
     */
    public static SignalReport probe(MultiLayerNetwork network, INDArray features) {
        return probe(Network.of(network), new INDArray[] {features}, null);
    }

    /**
     * Measures the activations of all layers and their gradients.
     *
     * @param network an initialized network that ends in a layer with a loss, not changed
     * @param features a batch of real data, not changed
     * @param labels what the loss compares with, as many examples as features; not changed
     * @throws IllegalArgumentException if the network is null, or features or labels do not fit it
     * @throws IllegalStateException if the network is not initialized, or its configuration cannot be stored as JSON
     */
    public static SignalReport probe(MultiLayerNetwork network, INDArray features, INDArray labels) {
        return probe(Network.of(network), new INDArray[] {features}, new INDArray[] {labels});
    }

    /** As {@link #probe(MultiLayerNetwork, INDArray)}, for a graph with one input: measures all its vertices. */
    public static SignalReport probe(ComputationGraph graph, INDArray features) {
        return probe(Network.of(graph), new INDArray[] {features}, null);
    }

    /** As {@link #probe(MultiLayerNetwork, INDArray, INDArray)}, for a graph with one input and one output. */
    public static SignalReport probe(ComputationGraph graph, INDArray features, INDArray labels) {
        return probe(Network.of(graph), new INDArray[] {features}, new INDArray[] {labels});
    }

    /**
     * As {@link #probe(MultiLayerNetwork, INDArray)}, for a graph.
     *
     * @param features a batch of real data for each input, not changed
     */
    public static SignalReport probe(ComputationGraph graph, INDArray[] features) {
        return probe(Network.of(graph), features, null);
    }

    /**
     * As {@link #probe(MultiLayerNetwork, INDArray, INDArray)}, for a graph.
     *
     * @param features a batch of real data for each input, not changed
     * @param labels what the loss of each output compares with, not changed
     */
    public static SignalReport probe(ComputationGraph graph, INDArray[] features, INDArray[] labels) {
        return probe(Network.of(graph), features, Objects.requireNonNull(labels, "labels"));
    }

    private static SignalReport probe(Network network, INDArray[] features, INDArray @Nullable [] labels) {
        network.requireFeatures(Objects.requireNonNull(features, "features").length);
        requireArrays("features", network.inputNames(), features);
        requireSameExamples(features);
        if (labels != null) {
            network.requireLabels(labels.length);
            requireArrays("labels", network.outputNames(), labels);
            network.missingLoss().ifPresent(missing -> {
                throw new IllegalArgumentException(missing + ": probe without labels, or add one");
            });
            int[] rows = network.labelRows();
            for (int i = 0; i < labels.length; i++) {
                requireSameExamples(features[0], labels[i], rows[i]);
            }
        }
        Network replica = Replica.quiet(network);
        try (Propagation pass = replica.propagate(true, features)) {
            List<SignalLayer> layers = measure(pass, labels);
            Signal parameterGradients = labels == null ? null : parameters(replica);
            return new SignalReport(layers, measure(network, features), parameterGradients);
        } catch (RuntimeException e) {
            // DL4J's errors about shapes are of many types and from deep inside.
            throw new IllegalArgumentException(
                    "The network fails on features of shape " + shapes(features)
                            + (labels == null ? "" : " and labels of shape " + shapes(labels))
                            + ". Pass what fit() would take. The cause: " + e.getMessage(),
                    e);
        }
    }

    /** Each output is measured before later layers and the backward pass, which may use its memory. */
    private static List<SignalLayer> measure(Propagation pass, INDArray @Nullable [] labels) {
        List<LayerView> layers = pass.layers();
        List<Signal> activations = new ArrayList<>();
        for (int step = 0; step < layers.size(); step++) {
            activations.add(Signal.of(pass.forward(step)));
        }
        Map<LayerView, Signal> gradients = new HashMap<>();
        if (labels != null) {
            pass.backward((layer, gradient) -> gradients.put(layer, Signal.of(gradient)), labels);
        }
        List<SignalLayer> signals = new ArrayList<>();
        for (int step = 0; step < layers.size(); step++) {
            LayerView layer = layers.get(step);
            signals.add(new SignalLayer(
                    layer.name(),
                    layer.type(),
                    layer.output().isPresent(),
                    activations.get(step),
                    gradients.get(layer)));
        }
        return signals;
    }

    /** After the backward pass. */
    private static @Nullable Signal parameters(Network replica) {
        INDArray gradients = replica.model().getGradientsViewArray();
        return gradients == null || gradients.isEmpty() ? null : Signal.of(gradients);
    }

    private static List<Signal> measure(Network network, INDArray... features) {
        return IntStream.range(0, features.length)
                .filter(input -> !network.takesIndices(input))
                .mapToObj(input -> Signal.of(features[input]))
                .toList();
    }

    private static void requireArrays(String what, List<String> names, INDArray... arrays) {
        for (int i = 0; i < arrays.length; i++) {
            INDArray array = Objects.requireNonNull(arrays[i], what + " of " + names.get(i));
            if (array.isEmpty() || array.rank() == 0) {
                throw new IllegalArgumentException("The " + what + " of " + names.get(i)
                        + " need at least one example, got shape " + Arrays.toString(array.shape()));
            }
        }
    }

    private static void requireSameExamples(INDArray... features) {
        if (Arrays.stream(features).mapToLong(array -> array.size(0)).distinct().count() > 1) {
            throw new IllegalArgumentException(
                    "The features of all inputs must have the same number of examples (dimension 0), got features of"
                            + " shape " + shapes(features));
        }
    }

    private static void requireSameExamples(INDArray features, INDArray labels, int rows) {
        if (features.size(0) * rows != labels.size(0)) {
            throw new IllegalArgumentException(
                    "Features and labels must have the same number of examples, got features of shape "
                            + shapes(features) + " and labels of shape " + shapes(labels)
                            + (rows == 1
                                    ? ""
                                    : ", which need " + rows + " rows for each example behind their StackVertex"));
        }
    }

    private static String shapes(INDArray... arrays) {
        return Arrays.stream(arrays)
                .map(array -> Arrays.toString(array.shape()))
                .collect(Collectors.joining(" and "));
    }
}
