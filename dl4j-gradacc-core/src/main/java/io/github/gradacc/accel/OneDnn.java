/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import io.github.gradacc.dl4j.LayerHelper;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Lets DL4J compute convolutions, pooling and batch normalization on CPUs with oneDNN: several times as fast, in FLOAT,
 * and the same but for rounding. In DOUBLE and HALF layers compute as they do without.
 *
 * <p>Needs a build of ND4J with oneDNN, the dependency {@code org.nd4j:nd4j-native} with a classifier such as {@code
 * linux-x86_64-onednn-avx2}, beside {@code nd4j-native-platform}. Call {@link #enable} once, first thing in the
 * program: before anything else uses ND4J it can still choose the build that fits the processor, and layers get their
 * helpers when their network is made. To see what it gains and changes in a network of yours, {@link #verify} it.
 *
 * <p>The switch belongs to the process, as DL4J's own does; networks keep what they were made with. Thread-safe, but
 * for {@code verify} and {@code keepOnly}, which need the network to themselves.
 */
public final class OneDnn {

    private static final String NOTHING_TO_COMPARE = "None of the network's layers uses oneDNN, there is nothing to"
            + " compare. It has to be made, or loaded, after OneDnn.enable(), be of type FLOAT, and have convolutions"
            + " in one or two dimensions, pooling or batch normalization, that keepOnly has left in. ";

    private OneDnn() {}

    /**
     * Switches oneDNN on for networks that are made from now on, if this process can use it; has no effect if it is on.
     * Loads ND4J's native library if nothing else has; not if the processor cannot run what is on the class path.
     *
     * @return what is active, or exactly what stands in the way; never throws for a machine that lacks it
     */
    public static synchronized Status enable() {
        return new Activation(CpuFeatures.ofThisMachine()).enable();
    }

    /**
     * Switches it off for networks that are made from now on, and puts DL4J's own setting back to what it was. Networks
     * made before keep their helpers: clone them to lose them.
     */
    public static synchronized void disable() {
        HelperSwitch.off();
    }

    /**
     * Compares each layer that uses oneDNN with the built-in code, in passes of a replica over a batch: the network and
     * all random generators stay as they are. Dropout and weight noise are left out; frozen layers, and those below
     * them, are compared in the forward pass. All activations are held at the same time. No other thread may compute
     * with ND4J meanwhile: native helpers are off in the whole process during a part of it.
     *
     * @param network an initialized network that was made while oneDNN was on; not changed
     * @param features a batch as {@code fit} would take it, not changed
     * @param labels as many examples, not changed
     * @return differences and times, layer by layer and for the whole gradient
     * @throws IllegalArgumentException if the network is null, or features or labels do not fit it
     * @throws IllegalStateException if the network is not initialized or not of type FLOAT, or none of its layers uses
     *     oneDNN
     */
    public static OneDnnReport verify(MultiLayerNetwork network, INDArray features, INDArray labels) {
        return verify(Network.of(network), new INDArray[] {features}, new INDArray[] {labels});
    }

    /** As {@link #verify(MultiLayerNetwork, INDArray, INDArray)}, for a graph with one input and one output. */
    public static OneDnnReport verify(ComputationGraph graph, INDArray features, INDArray labels) {
        return verify(Network.of(graph), new INDArray[] {features}, new INDArray[] {labels});
    }

    /**
     * As {@link #verify(MultiLayerNetwork, INDArray, INDArray)}, for a graph.
     *
     * @param features a batch for each input, not changed
     * @param labels for each output, not changed
     */
    public static OneDnnReport verify(ComputationGraph graph, INDArray[] features, INDArray[] labels) {
        return verify(Network.of(graph), features, labels);
    }

    private static OneDnnReport verify(Network network, INDArray[] features, INDArray[] labels) {
        requireEach("features", features);
        requireEach("labels", labels);
        network.requireFeatures(features.length);
        network.requireLabels(labels.length);
        network.missingLoss().ifPresent(missing -> {
            throw new IllegalArgumentException(missing + ": gradients are compared, which need a loss");
        });
        requireFloat(network.model().params().dataType());
        if (helped(network).isEmpty()) {
            throw new IllegalStateException(NOTHING_TO_COMPARE + enabledNow());
        }
        return Comparison.of(network, features, labels);
    }

    private static void requireFloat(DataType type) {
        if (type != DataType.FLOAT) {
            throw new IllegalStateException("The network is of type " + type
                    + ", in which layers compute with built-in code, oneDNN or not: there is nothing to compare. Only"
                    + " networks of type FLOAT use oneDNN");
        }
    }

    private static void requireEach(String what, INDArray[] arrays) {
        if (arrays == null || Arrays.stream(arrays).anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("verify needs " + what + ", got "
                    + (arrays == null || arrays.length == 1 ? "null" : "a null among " + arrays.length));
        }
    }

    private static String enabledNow() {
        return HelperSwitch.isOn() ? "OneDnn is enabled now." : "OneDnn is not enabled now.";
    }

    /**
     * Lets only some layers of a network use oneDNN, those that {@link OneDnnReport#good} found, say; the others
     * compute as they do without it. Holds for this object: not for clones of it, nor for what is loaded from its
     * file. Build trainers after it.
     *
     * @param network an initialized network
     * @param layers names of layers, or their indices in a stack where they have none
     * @throws IllegalArgumentException if the network is null, or a name is of no layer that uses oneDNN; nothing
     *     changes
     * @throws IllegalStateException if the network is not initialized
     */
    public static void keepOnly(MultiLayerNetwork network, Collection<String> layers) {
        keepOnly(Network.of(network), layers);
    }

    /** As {@link #keepOnly(MultiLayerNetwork, Collection)}, for a graph: names of vertices. */
    public static void keepOnly(ComputationGraph graph, Collection<String> layers) {
        keepOnly(Network.of(graph), layers);
    }

    private static void keepOnly(Network network, Collection<String> layers) {
        if (layers == null || layers.stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException(
                    "keepOnly needs names of layers, got " + layers + ": give an empty set to take oneDNN from all");
        }
        List<LayerView> helped = helped(network);
        Set<String> unknown = new TreeSet<>(layers);
        helped.forEach(layer -> unknown.remove(layer.name()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("These are no layers that use oneDNN: " + unknown + ". There are"
                    + (helped.isEmpty()
                            ? " none: the network was made before OneDnn.enable(), or keepOnly took them out, and a"
                                    + " clone of it has them again"
                            : ": " + helped.stream().map(LayerView::name).collect(Collectors.joining(", "))));
        }
        helped.stream()
                .filter(layer -> !layers.contains(layer.name()))
                .forEach(layer -> LayerHelper.in(layer).ifPresent(LayerHelper::take));
    }

    /** Returns the layers that have a helper. */
    static List<LayerView> helped(Network network) {
        return network.layers().stream()
                .filter(layer -> {
                    Optional<LayerHelper> helper = LayerHelper.in(layer);
                    return helper.isPresent() && helper.get().isPresent();
                })
                .toList();
    }
}
