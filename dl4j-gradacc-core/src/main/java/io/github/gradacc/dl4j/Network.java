/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Either of DL4J's network classes: what both can do but say in different words. Live, nothing is copied; as little
 * thread-safe as the network.
 */
@API(status = API.Status.INTERNAL)
public abstract sealed class Network permits StackNetwork, GraphNetwork {

    /**
     * Wraps a stack of layers.
     *
     * @param network an initialized network, not copied
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static Network of(@Nullable MultiLayerNetwork network) {
        MultiLayerNetwork given = requireGiven(network);
        requireInitialized(given.isInitCalled());
        return new StackNetwork(given);
    }

    /**
     * Wraps a graph.
     *
     * @param graph an initialized graph, not copied
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static Network of(@Nullable ComputationGraph graph) {
        ComputationGraph given = requireGiven(graph);
        requireInitialized(given.getVertices() != null);
        return new GraphNetwork(given);
    }

    /**
     * Makes a network from what {@link #portableJson()} returned, perhaps in another process. It has no listeners and
     * no updater yet, and is for passes only: where a layer had no updater, its configuration now has one.
     *
     * @param isGraph whether that was a graph
     * @param json what was returned
     * @param parameters shape [1, all parameters], not copied
     * @throws IllegalStateException if the JSON cannot be read
     */
    public static Network ofPortableJson(boolean isGraph, String json, INDArray parameters) {
        return isGraph ? GraphNetwork.read(json, parameters) : StackNetwork.read(json, parameters);
    }

    /**
     * Returns the configuration, with the counters, as JSON that can be read again.
     *
     * @throws IllegalStateException if it cannot be written to JSON and read again
     */
    public abstract String portableJson();

    /** Tells whether it is a graph. */
    public abstract boolean isGraph();

    private static <T> T requireGiven(@Nullable T network) {
        if (network == null) {
            throw new IllegalArgumentException("A network is needed, got null");
        }
        return network;
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalStateException("The network is not initialized: call init() first");
        }
    }

    /** Returns the network itself. */
    public abstract Model model();

    /**
     * Returns the layers of a stack, or the vertices of a graph without its inputs, in topological order: the order of
     * a forward pass, and the one in which DL4J flattens parameters.
     */
    public abstract List<LayerView> layers();

    /** Returns what is at the outputs, in their order. */
    public abstract List<LayerView> outputs();

    /** Returns the names of the inputs. */
    public abstract List<String> inputNames();

    /** Returns the names of the outputs. */
    public abstract List<String> outputNames();

    /** Tells whether an input takes indices, which have no scale. */
    public abstract boolean takesIndices(int input);

    /** Returns the workspace mode of training. */
    public abstract @Nullable WorkspaceMode trainingWorkspaces();

    /**
     * Computes gradient and score of the micro-batch that was set, for the first time.
     *
     * <p>In its first backward pass a vertex in SameDiff derives its gradient. DL4J 1.0.0-M2.1 leaves the scalars and
     * axes of that in the workspace of the pass ({@code SameDiffGraphVertex.doBackward}), where later passes overwrite
     * them. So this pass is made without workspaces if there is such a vertex.
     */
    public void computeFirstGradient() {
        computeGradient();
    }

    /** Computes gradient and score of the micro-batch that was set. */
    public void computeGradient() {
        model().computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
    }

    /**
     * Returns everything in the configuration of a layer that runs in passes and may show in a gradient: its
     * preprocessor, itself, and what is in it.
     */
    public List<Part> parts(LayerView layer) {
        return layer.parts(trainsBelow(layer));
    }

    /** Tells whether a gradient that comes to a layer from above trains something below it. */
    abstract boolean trainsBelow(LayerView layer);

    /** Tells whether no layer with parameters is trained. */
    public boolean isFrozen() {
        return layers().stream()
                .filter(layer -> layer.parameters().numParams() > 0)
                .allMatch(LayerView::isFrozen);
    }

    /** Tells whether a vertex is written in SameDiff. */
    public boolean hasSameDiffVertex() {
        return layers().stream()
                .flatMap(layer -> layer.parts(true).stream())
                .anyMatch(part -> part.object() instanceof SameDiffVertex);
    }

    /** Returns the time steps per optimizer step; empty unless the network trains by truncated BPTT. */
    public abstract OptionalInt segmentLength();

    /** Tells whether features must be sequences in truncated BPTT; a graph may have inputs without time. */
    public abstract boolean needsFeatureSequences();

    /** Returns the list that the network announces passes to: live, not a copy. */
    public abstract Collection<TrainingListener> listeners();

    /** Returns the number of optimizer steps taken so far. */
    public int iteration() {
        return BaseOptimizer.getIterationCount(model());
    }

    /** Sets the number of optimizer steps taken so far; the counters of layers are their own. */
    public void setIteration(int iteration) {
        BaseOptimizer.incrementIterationCount(model(), iteration - iteration());
    }

    /** Returns the number of epochs completed so far. */
    public int epoch() {
        return BaseOptimizer.getEpochCount(model());
    }

    /** Sets the number of epochs completed so far; the counters of layers are their own. */
    public abstract void setEpoch(int epoch);

    /** Counts an epoch. */
    public abstract void incrementEpoch();

    /** Sets the score of the last step. */
    public abstract void setScore(double score);

    /** Sets the time spent waiting for data, in milliseconds. */
    public abstract void setEtlMillis(long millis);

    /**
     * Checks a number of arrays.
     *
     * @throws IllegalArgumentException if there is not one for each input
     */
    public void requireFeatures(int arrays) {
        requireCount("input", inputNames(), "feature array", arrays);
    }

    /**
     * Checks a number of arrays.
     *
     * @throws IllegalArgumentException if there is not one for each output
     */
    public void requireLabels(int arrays) {
        requireCount("output", outputNames(), "label array", arrays);
    }

    private static void requireCount(String end, List<String> names, String what, int arrays) {
        if (arrays != names.size()) {
            throw new IllegalArgumentException("The network has " + counted(names.size(), end) + " " + names + ", got "
                    + counted(arrays, what) + ": give one for each, in this order. A MultiLayerNetwork has one of each,"
                    + " a ComputationGraph any number");
        }
    }

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Returns the first output that has no loss to train on; empty if all have one. */
    public Optional<LayerView> outputWithoutLoss() {
        return outputs().stream().filter(layer -> layer.output().isEmpty()).findFirst();
    }

    /** Says which output has no loss, and what it is instead; empty if all have one. */
    public Optional<String> missingLoss() {
        return outputWithoutLoss()
                .map(layer -> "Layer '" + layer.name() + "', an output of the network, must be an output layer"
                        + " (OutputLayer, RnnOutputLayer, LossLayer, ...), it is a " + layer.type());
    }

    /**
     * Returns for each output how many rows its labels have for each example, in their order: 1, but for outputs behind
     * a {@code StackVertex}, whose labels are as many blocks, each with one row for each example.
     */
    public abstract int[] labelRows();

    /**
     * Tells whether an {@code UnstackVertex} takes apart what comes from outside: the rows of one example are then
     * spread over its batch.
     */
    public abstract boolean takesStackedInputs();

    /** Makes a micro-batch the input of the next pass, masks included. */
    public abstract void setMicroBatch(MultiDataSet microBatch);

    abstract void setFeaturesMasks(@Nullable INDArray @Nullable [] masks);

    /** Leaves data in the network as its input and labels. */
    public abstract void show(MultiDataSet data);

    /**
     * Returns the part of the last pass's score that is a plain sum over examples, without regularization, in a network
     * configured with {@code miniBatch(false)}.
     */
    public abstract double summedScore();

    /**
     * Returns the part of the last pass's score, without regularization, that comes from outputs whose loss saw no
     * mask: a graph scores by the masks of labels only, while a stack uses that of the features where labels have none.
     *
     * @param labelsMasks of the micro-batch
     */
    public abstract double unmaskedScore(@Nullable INDArray @Nullable [] labelsMasks);

    /**
     * Returns the output of the first output layer in inference mode, as DL4J's {@code output} does.
     *
     * @param data inputs and masks; the layers keep views of them
     * @return shape [examples, ...], detached from workspaces
     */
    public abstract INDArray output(MultiDataSet data);

    /** Returns DL4J's {@code score(data)}: the loss in inference mode, and regularization. The last score stays. */
    public abstract double score(MultiDataSet data);

    /** Returns the regularization term of the score. */
    public abstract double regularization();

    /**
     * Creates the updater if there is none yet.
     *
     * @throws RuntimeException if DL4J cannot
     */
    public abstract void createUpdater();

    /** Runs the network's updater on its gradient array. */
    public abstract void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces);

    /**
     * Returns the updaters of the parameters that are trained by a gradient, each object once: live, as the network's
     * steps use them. DL4J's {@code setLearningRate} leaves out those of biases and of layers inside of others.
     */
    public List<IUpdater> updaters() {
        Set<IUpdater> updaters = Collections.newSetFromMap(new IdentityHashMap<>());
        List<IUpdater> inOrder = new ArrayList<>();
        for (LayerView layer : layers()) {
            if (layer.isTrained()) {
                layer.parameters().paramTable(false).keySet().stream()
                        .filter(key -> GradientSlice.content(layer, key) == GradientSlice.Content.GRADIENT)
                        .map(layer.parameters().getConfig()::getUpdaterByParam)
                        .filter(updaters::add)
                        .forEach(inOrder::add);
            }
        }
        return inOrder;
    }

    /** Takes over the updater state of a network of the same configuration, copied; nothing if that has none. */
    public void copyUpdaterState(Network other) {
        INDArray state = other.updaterState();
        if (state != null) {
            createUpdater();
            setUpdaterState(state);
        }
    }

    /** Returns the state of the updater, not a copy; null if there is no updater yet, or none of its state. */
    public abstract @Nullable INDArray updaterState();

    /** Copies a state into that of the updater. */
    public abstract void setUpdaterState(INDArray state);

    /**
     * Takes over the updaters of the layers, with their rates and schedules, from a configuration of the same layers,
     * and makes the network's updater anew, without state: {@code setLearningRate} may have changed the rates since the
     * network was built, and on them depends which parameters have a common state.
     *
     * @param configuration as {@link #configurationJson} gives it
     */
    public abstract void adoptUpdaters(String configuration);

    static void adoptUpdater(
            org.deeplearning4j.nn.conf.layers.Layer own, org.deeplearning4j.nn.conf.layers.Layer saved) {
        if (own instanceof BaseLayer trained && saved instanceof BaseLayer from) {
            trained.setIUpdater(from.getIUpdater());
            trained.setBiasUpdater(from.getBiasUpdater());
        }
    }

    /** Returns the configuration as DL4J writes it, with the counters. */
    public abstract String configurationJson();

    /** Tells one listener of a forward pass. */
    public abstract void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations);

    /** Drops the masks of the last pass. */
    public abstract void clearMasks();

    /** Drops the inputs of the last pass. */
    public abstract void clearLayers();

    /**
     * Starts to propagate features, layer by layer; the features become the network's input until it is closed.
     *
     * @param training whether layers run as in training; otherwise as in inference
     * @param features for each input, not changed
     */
    public abstract Propagation propagate(boolean training, INDArray... features);

    /**
     * Makes a replica.
     *
     * @param change changes the copied configuration
     * @param parameters turns the network's parameters into those of the replica
     */
    abstract Network replica(Consumer<ConfigurationCopy> change, UnaryOperator<INDArray> parameters);
}
