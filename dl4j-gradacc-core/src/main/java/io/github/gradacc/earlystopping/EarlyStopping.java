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

/** What the trainers of both network classes have in common: they check what they are given, and start runs. */
final class EarlyStopping<T extends Model> {

    private final EarlyStoppingConfiguration<T> configuration;
    private final T network;
    private final TrainingData data;
    private final Supplier<GradientAccumulationTrainer> trainer;
    private @Nullable EarlyStoppingListener<T> listener;

    /**
     * Takes over the arguments of a trainer's constructor.
     *
     * @throws IllegalArgumentException if one of them is null
     */
    EarlyStopping(
            @Nullable EarlyStoppingConfiguration<T> configuration,
            @Nullable T network,
            TrainingData data,
            Supplier<GradientAccumulationTrainer.Builder> builder,
            @Nullable UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
        this.configuration = requireGiven("An early stopping configuration", configuration);
        this.network = requireGiven("A network", network);
        this.data = data;
        var settings = requireGiven("A function that sets the accumulation", accumulation);
        trainer = () -> settings.apply(builder.get()).build();
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
                        + " not accumulated there: pretrain with DL4J's own trainer first, then call fit() on this one");
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
