/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.NonFiniteGradientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.EarlyStoppingResult.TerminationReason;
import org.deeplearning4j.earlystopping.listener.EarlyStoppingListener;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.earlystopping.termination.EpochTerminationCondition;
import org.deeplearning4j.earlystopping.termination.IterationTerminationCondition;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of early stopping.
 *
 * <pre>
 *   initialize the conditions; listener: start
 *   for epoch e = 0, 1, 2, ...
 *       for each window, the last one by the policy for partial windows
 *           take a step; if an iteration condition holds for its score: save the last model, end
 *       if e is a multiple of N
 *           score the network; save it if it is the best so far; save it as the last one
 *           listener: epoch
 *           if an epoch condition holds for the score: end
 * </pre>
 *
 * where "end" loads the best model and tells the listener. Used once, by one thread.
 */
final class EarlyStoppingRun<T extends Model> {

    private static final Logger log = LoggerFactory.getLogger(EarlyStoppingRun.class);

    private final EarlyStoppingConfiguration<T> configuration;
    private final T network;
    private final MultiDataSetIterator data;
    private final @Nullable EarlyStoppingListener<T> listener;
    private final Map<Integer, Double> scores = new LinkedHashMap<>();
    private final BestModel<T> best;

    EarlyStoppingRun(
            EarlyStoppingConfiguration<T> configuration,
            T network,
            MultiDataSetIterator data,
            @Nullable EarlyStoppingListener<T> listener) {
        this.configuration = configuration;
        this.network = network;
        this.data = data;
        this.listener = listener;
        best = new BestModel<>(configuration.getScoreCalculator().minimizeScore());
    }

    EarlyStoppingResult<T> train(GradientAccumulationTrainer trainer) {
        iterationConditions().forEach(IterationTerminationCondition::initialize);
        epochConditions().forEach(EpochTerminationCondition::initialize);
        if (listener != null) {
            listener.onStart(configuration, network);
        }
        for (int epoch = 0; ; epoch++) {
            IterationWatch watch = new IterationWatch(iterationConditions());
            try {
                trainOrRefuse(trainer, watch);
            } catch (Exception e) {
                if (watch.threw(e)) {
                    throw e;
                }
                T model = bestModelDespite(e);
                if (model == null) {
                    throw e;
                }
                log.warn("Early stopping ends in epoch {} by a failure", epoch, e);
                return result(TerminationReason.Error, e, epoch, model);
            }
            Optional<IterationTerminationCondition> ended = watch.met();
            if (ended.isPresent()) {
                saveLatest(0.0);
                return complete(TerminationReason.IterationTerminationCondition, ended.get(), epoch);
            }
            requireAnEnd(trainer, watch, epoch);
            if (epoch % configuration.getEvaluateEveryNEpochs() == 0) {
                Optional<EpochTerminationCondition> last = evaluate(epoch);
                if (last.isPresent()) {
                    return complete(TerminationReason.EpochTerminationCondition, last.get(), epoch + 1);
                }
            }
        }
    }

    /** A step that is refused for its gradient has a score, too; conditions on invalid scores are made for it. */
    private void trainOrRefuse(GradientAccumulationTrainer trainer, IterationWatch watch) {
        try {
            data.reset();
            trainer.fitUntil(data, watch);
        } catch (NonFiniteGradientException e) {
            if (Double.isFinite(e.score()) || !watch.holdsFor(e.score())) {
                throw e;
            }
            log.warn("A step was refused, and its score ends early stopping", e);
        }
    }

    private Optional<EpochTerminationCondition> evaluate(int epoch) {
        ScoreCalculator<T> calculator = configuration.getScoreCalculator();
        double score = calculator.calculateScore(network);
        scores.put(epoch, score);
        try {
            best.offer(network, epoch, score, configuration.getModelSaver());
        } catch (IOException e) {
            throw new UncheckedIOException("The best model, of epoch " + epoch + ", could not be saved", e);
        }
        saveLatest(score);
        if (listener != null) {
            listener.onEpoch(epoch, score, configuration, network);
        }
        boolean minimize = calculator.minimizeScore();
        return epochConditions().stream()
                .filter(condition -> condition.terminate(epoch, score, minimize))
                .findFirst();
    }

    private void saveLatest(double score) {
        if (configuration.isSaveLastModel()) {
            try {
                configuration.getModelSaver().saveLatestModel(network, score);
            } catch (IOException e) {
                throw new UncheckedIOException("The last model could not be saved", e);
            }
        }
    }

    private EarlyStoppingResult<T> complete(TerminationReason reason, Object condition, int epochs) {
        T model;
        try {
            model = best.load(configuration.getModelSaver());
        } catch (IOException e) {
            throw new UncheckedIOException("The best model, of epoch " + best.epoch() + ", could not be loaded", e);
        }
        if (model == null) {
            log.warn("Early stopping ends by {} and has no best model", condition);
        }
        EarlyStoppingResult<T> result = result(reason, condition, epochs, model);
        if (listener != null) {
            listener.onCompletion(result);
        }
        return result;
    }

    private EarlyStoppingResult<T> result(TerminationReason reason, Object details, int epochs, @Nullable T model) {
        log.info("Early stopping ends: {}, {}", reason, details);
        return new EarlyStoppingResult<>(reason, details.toString(), scores, best.epoch(), best.score(), epochs, model);
    }

    /** Returns the best model, or null if there is none to make up for the failure. */
    private @Nullable T bestModelDespite(Exception failure) {
        try {
            return best.load(configuration.getModelSaver());
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
            return null;
        }
    }

    /** Without a step, iteration conditions are never asked; if there are no others, training would go on forever. */
    private void requireAnEnd(GradientAccumulationTrainer trainer, IterationWatch watch, int epoch) {
        if (watch.steps() == 0 && epochConditions().isEmpty() && !trainer.isWindowOpen()) {
            throw new IllegalStateException(
                    "Epoch " + epoch + " took no step, because its batches do not fill a window and"
                            + " partial windows are dropped, or because every step was skipped, and there are only"
                            + " iteration conditions, which are asked after a step: use smaller windows,"
                            + " PartialWindow.STEP or an epoch condition, and look at the log for what was skipped");
        }
    }

    private List<IterationTerminationCondition> iterationConditions() {
        return orEmpty(configuration.getIterationTerminationConditions());
    }

    private List<EpochTerminationCondition> epochConditions() {
        return orEmpty(configuration.getEpochTerminationConditions());
    }

    private static <C> List<C> orEmpty(@Nullable List<C> conditions) {
        return conditions == null ? List.of() : conditions;
    }
}
