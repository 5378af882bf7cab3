/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.function.UnaryOperator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.listener.EarlyStoppingListener;
import org.deeplearning4j.earlystopping.trainer.IEarlyStoppingTrainer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * DL4J's early stopping for a {@link ComputationGraph}, trained on windows of several batches. It takes the place of
 * {@code org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer}; everything that is said of
 * {@link AccumulatingEarlyStoppingTrainer} holds here, too.
 */
public final class AccumulatingEarlyStoppingGraphTrainer implements IEarlyStoppingTrainer<ComputationGraph> {

    private final EarlyStopping<ComputationGraph> earlyStopping;

    /**
     * Makes a trainer for a graph with one input and one output.
     *
     * @param configuration when to stop, how to score and where to save; checked when training starts
     * @param graph the graph to train, not copied; checked when training starts
     * @param trainingData the batches, reset before each epoch
     * @param accumulation sets the windows, such as {@code windows -> windows.accumulationSteps(10)}
     * @throws IllegalArgumentException if an argument is null or the iterator cannot be reset
     */
    public AccumulatingEarlyStoppingGraphTrainer(
            EarlyStoppingConfiguration<ComputationGraph> configuration,
            ComputationGraph graph,
            DataSetIterator trainingData,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        this(configuration, graph, EarlyStopping.toMultiDataSets(trainingData), accumulation);
    }

    /** As the other constructor, for a graph with any number of inputs and outputs. */
    public AccumulatingEarlyStoppingGraphTrainer(
            EarlyStoppingConfiguration<ComputationGraph> configuration,
            ComputationGraph graph,
            MultiDataSetIterator trainingData,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        earlyStopping = new EarlyStopping<>(
                configuration, graph, trainingData, () -> GradientAccumulationTrainer.builder(graph), accumulation);
    }

    /**
     * Trains until a termination condition holds.
     *
     * @return why and when training ended, and the best model
     * @throws org.deeplearning4j.exception.DL4JInvalidConfigException if the configuration lacks a score calculator, a
     *     saver or any termination condition, or evaluates every 0 epochs
     * @throws IllegalStateException if the graph cannot be trained, or if an epoch took no step and no condition could
     *     ever end training
     */
    @Override
    public EarlyStoppingResult<ComputationGraph> fit() {
        return earlyStopping.fit();
    }

    /**
     * Not supported: gradients of layer-wise pretraining are not accumulated.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public EarlyStoppingResult<ComputationGraph> pretrain() {
        throw EarlyStopping.noPretraining();
    }

    /** Sets who is told of the start, of epochs that were scored and of the end; null for nobody. */
    @Override
    public void setListener(@Nullable EarlyStoppingListener<ComputationGraph> listener) {
        earlyStopping.setListener(listener);
    }
}
