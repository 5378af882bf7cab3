/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A DL4J network, seen as gradients and steps.
 *
 * <p>A step of native training, {@code net.fit(batch)}, falls apart into {@link #gradientOf} for each micro-batch of the
 * batch and one {@link #step}. Between the two, {@link #discard()} forgets what was computed. Nothing but {@code step} and
 * {@link #endEpoch()} changes parameters, updater state or counters.
 *
 * <p>Not thread-safe; callers hold {@link #monitor()} as native training does.
 */
public interface Network {

    /**
     * Wraps a network.
     *
     * @param network an initialised network that trains by stochastic gradient descent; not copied
     * @param statistics what normalising layers do with a window of several micro-batches
     * @return the view of the network
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it cannot be trained this way; the message says why and what to do
     */
    static Network of(@Nullable MultiLayerNetwork network, StatisticsPolicy statistics) {
        return new Backend(new MultiLayerInternals(TrainableNetwork.require(network)), statistics);
    }

    /**
     * Wraps a graph.
     *
     * @param graph an initialised graph that trains by stochastic gradient descent; not copied
     * @param statistics what normalising layers do with a window of several micro-batches
     * @return the view of the graph
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it cannot be trained this way; the message says why and what to do
     */
    static Network of(@Nullable ComputationGraph graph, StatisticsPolicy statistics) {
        return new Backend(new GraphInternals(TrainableNetwork.require(graph)), statistics);
    }

    /** Returns the lock that native training holds. */
    Object monitor();

    /** Returns the number of optimizer steps taken so far. */
    int iteration();

    /** Returns the number of epochs completed so far. */
    int epoch();

    /** Tells whether anyone looks at the network after a step. */
    boolean hasListeners();

    /**
     * Checks the number of arrays in a batch.
     *
     * @throws IllegalArgumentException if the network has another number of inputs or outputs
     */
    void requireFits(MultiDataSet batch);

    /**
     * Runs one forward and one backward pass in training mode. Listeners are not called.
     *
     * @param microBatch the data, not changed
     * @return the gradient, by reference: the next call overwrites its array
     */
    MicroGradient gradientOf(MultiDataSet microBatch);

    /**
     * Writes the gradient of a window into the network's gradient array, as the next {@link #step} will use it.
     *
     * @param sum the gradients of the window's micro-batches, at least one
     * @return false if the sum is not finite; no step must be taken then
     */
    boolean load(GradientSum sum);

    /**
     * Takes one optimizer step on the gradient that was loaded and shows it to the listeners, in the order of native
     * training: forward pass, backward pass, gradient calculation; updater; parameters; iteration done; iteration counter;
     * constraints. A listener that throws before the updater leaves the network unstepped, one that throws after it leaves
     * the step complete.
     *
     * @param sum the window that was loaded, for its counts and scores
     * @param window the data to leave in the network as its input and labels
     * @return the score of the window: the mean over its examples, or for networks configured with
     *     {@code miniBatch(false)} what DL4J reports in place of it
     */
    double step(GradientSum sum, MultiDataSet window);

    /** Forgets what passes since the last step left behind for listeners. */
    void discard();

    /** Drops the inputs, masks and states that passes left in the layers. */
    void clearLayers();

    /** Tells the listeners that an epoch starts. */
    void startEpoch();

    /** Tells the listeners that the epoch ends, then counts it. */
    void endEpoch();

    /** Sets the time that was spent waiting for the data of the next step, as listeners report it. */
    void setEtlMillis(long millis);
}
