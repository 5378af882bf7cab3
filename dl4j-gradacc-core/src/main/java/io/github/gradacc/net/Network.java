/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientSum;
import java.util.Iterator;
import java.util.OptionalInt;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A DL4J network, seen as gradients and steps.
 *
 * <p>A step of native training, {@code net.fit(batch)}, falls apart into a pass for each micro-batch of the batch
 * ({@link #run}) and one {@link #step}. Between the two, {@link #discard()} forgets what was computed. Nothing but
 * {@code step} and {@link #endEpoch()} changes parameters, updater state or counters.
 *
 * <p>Not thread-safe; callers hold {@link #monitor()} as native training does.
 */
public interface Network extends AutoCloseable {

    /**
     * Wraps a network.
     *
     * @param network an initialized network that trains by stochastic gradient descent; not copied
     * @param statistics what normalizing layers do with a window of several micro-batches
     * @param parallelism how many passes are made side by side, at least 1
     * @return the view of the network
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it cannot be trained this way; the message says why and what to do
     */
    static Network of(@Nullable MultiLayerNetwork network, StatisticsPolicy statistics, int parallelism) {
        return new Backend(new MultiLayerInternals(TrainableNetwork.require(network)), statistics, parallelism);
    }

    /**
     * Wraps a graph.
     *
     * @param graph an initialized graph that trains by stochastic gradient descent; not copied
     * @param statistics what normalizing layers do with a window of several micro-batches
     * @param parallelism how many passes are made side by side, at least 1
     * @return the view of the graph
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it cannot be trained this way; the message says why and what to do
     */
    static Network of(@Nullable ComputationGraph graph, StatisticsPolicy statistics, int parallelism) {
        return new Backend(new GraphInternals(TrainableNetwork.require(graph)), statistics, parallelism);
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

    /** Returns how many passes are made side by side. */
    int parallelism();

    /**
     * Returns the number of time steps after which truncated BPTT takes a step.
     *
     * @return empty if the network trains on whole sequences
     */
    OptionalInt segmentLength();

    /**
     * Makes forward and backward passes in training mode, up to {@link #parallelism()} side by side, and hands over their
     * gradients in the order of the passes. Listeners are not called.
     *
     * <p>Passes side by side use one native thread each: the setting, which belongs to the process, is put back before the
     * call returns.
     *
     * @param passes asked for the next one when there is someone to make it, by one thread at a time
     * @param sink where the gradients go; the first of its exceptions, in the order of the passes, ends the run and is thrown
     */
    void run(Iterator<Pass> passes, GradientSink sink);

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

    /** Ends the threads of a parallel network and frees their memory. The network underneath stays usable. */
    @Override
    void close();
}
