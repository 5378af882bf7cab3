/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.function.UnaryOperator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.listener.EarlyStoppingListener;
import org.deeplearning4j.earlystopping.trainer.IEarlyStoppingTrainer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/**
 * DL4J's early stopping for a {@link MultiLayerNetwork}, trained on windows of several batches. It takes the place of
 * {@code org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer} and reads the same configuration.
 *
 * <pre>
 *   for epoch e = 0, 1, 2, ...
 *       for each window, the last one by the policy for partial windows
 *           take a step; end if an iteration condition holds for the score of the window
 *       if e is a multiple of N
 *           score the network, keep it if it is the best so far; end if an epoch condition holds for the score
 * </pre>
 *
 * <p>An iteration is an optimizer step: iteration conditions are asked once after each, never for a single batch. In
 * truncated BPTT, where a window takes a step for each time segment, they are asked after the last of them, as in DL4J.
 * A window that is open at the end of an epoch is stepped on, dropped or carried on before the epoch's score is taken;
 * one that is carried when training ends is dropped.
 *
 * <p>Scores, conditions, savers and listeners are called in DL4J's order, and of models with equal scores the first is
 * kept. What differs from DL4J's trainer:
 *
 * <ul>
 *   <li>The network's epoch counter counts completed epochs, as {@code fit(iterator)} does, and is never set back:
 *       after three epochs it is three higher. Epochs in results, scores and listener calls count from 0 in each run,
 *       as in DL4J.
 *   <li>{@code getBestModelScore()} is what the score calculator said; DL4J returns the {@code score()} of the copy
 *       that was saved, which is 0.
 *   <li>If an iteration condition ends training before a score was taken, the result holds no model (null), epoch -1
 *       and score NaN; DL4J fails then. A model that the saver kept from an earlier run is not returned.
 *   <li>A step that is refused for a gradient that is not finite has a score all the same. If that is not finite and an
 *       iteration condition holds for it, training ends by that condition, with the network as after its last step.
 * </ul>
 *
 * <p>If an epoch fails (the iterator, a pass, a listener of the network, an interrupt), the result's reason is
 * {@code Error}, its details are the exception, which is logged, and its model is the best one so far;
 * {@code onCompletion} is not called, as in DL4J. Without a best model, or if it cannot be loaded, the exception itself
 * is thrown. What termination conditions, score calculators and listeners of early stopping throw is thrown on. An
 * {@code IOException} of a saver is thrown as {@code UncheckedIOException}.
 *
 * <p>Each call of {@link #fit()} is a run of its own. One trainer serves one thread at a time.
 */
public final class AccumulatingEarlyStoppingTrainer implements IEarlyStoppingTrainer<MultiLayerNetwork> {

    private final EarlyStopping<MultiLayerNetwork> earlyStopping;

    /**
     * Makes a trainer.
     *
     * @param configuration when to stop, how to score and where to save; checked when training starts
     * @param network the network to train, not copied; checked when training starts
     * @param trainingData the batches, reset before each epoch
     * @param accumulation sets the windows, such as {@code windows -> windows.accumulationSteps(10)}
     * @throws IllegalArgumentException if an argument is null or the iterator cannot be reset
     */
    public AccumulatingEarlyStoppingTrainer(
            EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
            MultiLayerNetwork network,
            DataSetIterator trainingData,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        this(configuration, network, EarlyStopping.toMultiDataSets(trainingData), accumulation);
    }

    /** As the other constructor, for an iterator of multi data sets. */
    public AccumulatingEarlyStoppingTrainer(
            EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
            MultiLayerNetwork network,
            MultiDataSetIterator trainingData,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        earlyStopping = new EarlyStopping<>(
                configuration, network, trainingData, () -> GradientAccumulationTrainer.builder(network), accumulation);
    }

    /**
     * Trains until a termination condition holds.
     *
     * @return why and when training ended, and the best model
     * @throws org.deeplearning4j.exception.DL4JInvalidConfigException if the configuration lacks a score calculator, a
     *     saver or any termination condition, or evaluates every 0 epochs
     * @throws IllegalStateException if the network cannot be trained, or if an epoch took no step and no condition
     *     could ever end training
     */
    @Override
    public EarlyStoppingResult<MultiLayerNetwork> fit() {
        return earlyStopping.fit();
    }

    /**
     * Not supported: gradients of layer-wise pretraining are not accumulated.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public EarlyStoppingResult<MultiLayerNetwork> pretrain() {
        throw EarlyStopping.noPretraining();
    }

    /** Sets who is told of the start, of epochs that were scored and of the end; null for nobody. */
    @Override
    public void setListener(@Nullable EarlyStoppingListener<MultiLayerNetwork> listener) {
        earlyStopping.setListener(listener);
    }
}
