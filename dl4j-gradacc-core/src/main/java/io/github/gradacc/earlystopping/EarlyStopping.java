/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.listener.EarlyStoppingListener;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.adapter.MultiDataSetIteratorAdapter;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** What the trainers of both network classes have in common: they check what they are given, and start runs. */
final class EarlyStopping<T extends Model> {

    private static final String TRAINING_DATA = "An iterator over the training data";

    private final EarlyStoppingConfiguration<T> configuration;
    private final T network;
    private final MultiDataSetIterator data;
    private final Supplier<GradientAccumulationTrainer> trainer;
    private @Nullable EarlyStoppingListener<T> listener;

    /**
     * Takes over the arguments of a trainer's constructor.
     *
     * @throws IllegalArgumentException if one of them is null or the iterator cannot be reset
     */
    EarlyStopping(
            @Nullable EarlyStoppingConfiguration<T> configuration,
            @Nullable T network,
            @Nullable MultiDataSetIterator data,
            Supplier<GradientAccumulationTrainer.Builder> builder,
            @Nullable UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        this.configuration = requireGiven("An early stopping configuration", configuration);
        this.network = requireGiven("A network", network);
        this.data = requireReset(requireGiven(TRAINING_DATA, data));
        var settings = requireGiven("A function that sets the accumulation", accumulation);
        trainer = () -> settings.apply(builder.get()).build();
    }

    /**
     * Wraps an iterator of data sets.
     *
     * @throws IllegalArgumentException if it is null
     */
    static MultiDataSetIterator toMultiDataSets(@Nullable DataSetIterator iterator) {
        return new MultiDataSetIteratorAdapter(requireGiven(TRAINING_DATA, iterator));
    }

    private static MultiDataSetIterator requireReset(MultiDataSetIterator iterator) {
        if (!iterator.resetSupported()) {
            throw new IllegalArgumentException(
                    "Early stopping starts each epoch with reset(), which this iterator does not"
                            + " support: collect its batches in one that does");
        }
        return iterator;
    }

    /** Sets who is told of starts, epochs and ends; null for nobody. */
    void setListener(@Nullable EarlyStoppingListener<T> listener) {
        this.listener = listener;
    }

    /** Trains once, by a trainer made for it. */
    EarlyStoppingResult<T> fit() {
        requireValid();
        try (GradientAccumulationTrainer windows = trainer.get()) {
            return new EarlyStoppingRun<>(configuration, network, data, listener).train(windows);
        }
    }

    /** Returns what to throw when asked to pretrain single layers, which is a part of {@code IEarlyStoppingTrainer}. */
    static UnsupportedOperationException noPretraining() {
        return new UnsupportedOperationException(
                "Layer-wise pretraining takes a step per layer and batch, and gradients are"
                        + " not accumulated there: pretrain with DL4J's own trainer first, then call fit() on this"
                        + " one");
    }

    private void requireValid() {
        configuration.validate();
        int every = configuration.getEvaluateEveryNEpochs();
        if (every < 1) {
            throw new DL4JInvalidConfigException("evaluateEveryNEpochs must be at least 1, got " + every);
        }
        if (configuration.getScoreCalculator() == null) {
            throw new DL4JInvalidConfigException("The supplier of the score calculator returned null");
        }
    }

    private static <V> V requireGiven(String what, @Nullable V value) {
        if (value == null) {
            throw new IllegalArgumentException(what + " is needed, got null");
        }
        return value;
    }
}
