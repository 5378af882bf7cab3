/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.batch.Batches;
import io.github.gradacc.dl4j.Network;
import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * Looks for a learning rate: takes steps at rates that grow from hopelessly small to hopelessly large, and watches the
 * score.
 *
 * <pre>
 *   for i = 0 ... n - 1:
 *       rate_i     := from (to / from)^(i / (n - 1))
 *       score_i    := the network's score of the next window
 *       average    := beta average + (1 - beta) score_i
 *       smoothed_i := average / (1 - beta^(i + 1))
 *       stop if smoothed_i &gt; best + (divergence - 1) |best|, where best is the least smoothed score so far
 *       step with rate_i
 *   suggested: the rate at which smoothed falls fastest, over log(rate)
 * </pre>
 *
 * <p>The learning rate range test of L. N. Smith, <em>Cyclical Learning Rates for Training Neural Networks</em> (arXiv
 * 1506.01186), with an exponential ramp. A score is that of its window before the step, so it shows what the rates
 * before it have done.
 *
 * <p>The steps are taken in a copy of the network, which starts with its parameters, updater state and counters. The
 * network itself is not touched: neither these nor its learning rates, schedules, listeners and score, nor the random
 * generator of the calling thread, whether the search ends well or not. The copy takes the memory of another network;
 * its configuration is copied by way of JSON, as saving the network does. Data is not changed; of an iterator some or
 * all batches are used, more than once if they are fewer than the search needs.
 *
 * <p>The rate is that of every updater that has one; a network whose layers or biases have different ones is refused.
 * Losses are divided by examples, and gradients are not transformed: with settings of the trainer that do this
 * otherwise, the rate found is not theirs. Take the windows you will train with: the rate depends on their size. No
 * other thread may train the network meanwhile.
 *
 * <p>A value: each setter returns a copy.
 */
public final class LearningRateFinder {

    private final Network network;
    private final RateRamp ramp;

    private LearningRateFinder(Network network, RateRamp ramp) {
        this.network = network;
        this.ramp = ramp;
    }

    /**
     * A search in 100 steps from 1e-7 to 10, on windows of one whole batch, with smoothing 0.9 and divergence 4.
     *
     * @param network an initialized network with an output layer, trained by stochastic gradient descent (any updater
     *     with a learning rate) and standard backpropagation; not changed
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static LearningRateFinder of(@Nullable MultiLayerNetwork network) {
        return new LearningRateFinder(Network.of(network), RateRamp.DEFAULT);
    }

    /** As {@link #of(MultiLayerNetwork)}, for a graph. */
    public static LearningRateFinder of(@Nullable ComputationGraph graph) {
        return new LearningRateFinder(Network.of(graph), RateRamp.DEFAULT);
    }

    /**
     * Sets the range.
     *
     * @param from the first rate, above 0
     * @param to the last rate, finite and above {@code from}
     */
    public LearningRateFinder between(double from, double to) {
        return new LearningRateFinder(network, ramp.between(from, to));
    }

    /**
     * Sets the number of steps.
     *
     * @param number at least 10
     */
    public LearningRateFinder steps(int number) {
        return new LearningRateFinder(network, ramp.steps(number));
    }

    /**
     * Sets the number of batches of a window, as for the trainer.
     *
     * @param batches at least 1
     */
    public LearningRateFinder accumulationSteps(int batches) {
        return new LearningRateFinder(network, ramp.accumulationSteps(batches));
    }

    /**
     * Sets the most examples of a pass, as for the trainer.
     *
     * @param examples at least 1
     */
    public LearningRateFinder microBatchSize(int examples) {
        return new LearningRateFinder(network, ramp.microBatchSize(examples));
    }

    /**
     * Sets how much of the smoothed score the past makes up.
     *
     * @param beta at least 0, for none, and below 1
     */
    public LearningRateFinder smoothing(double beta) {
        return new LearningRateFinder(network, ramp.smoothing(beta));
    }

    /**
     * Sets when the search ends early.
     *
     * @param factor of the best smoothed score; above 1, infinity to stop at scores only that are not finite
     */
    public LearningRateFinder divergence(double factor) {
        return new LearningRateFinder(network, ramp.divergence(factor));
    }

    /**
     * Searches.
     *
     * @param iterator the batches; reset when it is at its end
     * @throws IllegalArgumentException if it is null or empty, ends before the search and cannot be reset, or yields a
     *     batch that does not fit the network
     * @throws IllegalStateException if the network cannot be trained, or has no learning rate or several, or trains by
     *     truncated BPTT; if a pass fails, or the first score is not finite; or if the thread is interrupted
     */
    public LearningRateReport find(DataSetIterator iterator) {
        return find(Batches.toMultiDataSets(iterator));
    }

    /** As {@link #find(DataSetIterator)}, for an iterator of multi data sets. */
    public LearningRateReport find(MultiDataSetIterator iterator) {
        if (iterator == null) {
            throw new IllegalArgumentException("An iterator is needed, got null");
        }
        try (LearningRateSearch search = new LearningRateSearch(network, ramp)) {
            return search.run(iterator);
        }
    }

    /** As {@link #find(DataSetIterator)}, for a list of batches; they are used in its order. */
    public LearningRateReport find(List<DataSet> batches) {
        if (batches == null) {
            throw new IllegalArgumentException("A list of batches is needed, got null");
        }
        return find(new ExistingDataSetIterator(batches));
    }
}
