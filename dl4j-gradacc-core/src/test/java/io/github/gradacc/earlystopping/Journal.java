/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Tolerance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingModelSaver;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.listener.EarlyStoppingListener;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.earlystopping.termination.EpochTerminationCondition;
import org.deeplearning4j.earlystopping.termination.IterationTerminationCondition;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/** Writes down, in one order, every call that early stopping makes to the objects it was given. */
final class Journal<T extends Model> {

    /**
     * One call.
     *
     * @param name what was called, with its whole-number arguments
     * @param score the score it was given or returned
     */
    record Entry(String name, double score) {}

    private final List<Entry> entries = new ArrayList<>();

    List<String> names() {
        return entries.stream().map(Entry::name).toList();
    }

    void assertSameAs(Journal<T> expected) {
        assertThat(names()).isEqualTo(expected.names());
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            double score = expected.entries.get(i).score();
            if (Double.isFinite(score)) {
                Tolerance.assertClose("entry " + i + " " + entry.name(), entry.score(), score, Tolerance.DOUBLE);
            } else {
                assertThat(entry.score()).as("entry %s %s", i, entry.name()).isEqualTo(Double.valueOf(score));
            }
        }
    }

    private void add(String name, double score) {
        entries.add(new Entry(name, score));
    }

    /** Puts itself between the configuration and everything in it. */
    EarlyStoppingConfiguration<T> watch(EarlyStoppingConfiguration<T> configuration) {
        configuration.setModelSaver(new Saver(configuration.getModelSaver()));
        configuration.setScoreCalculator(new Calculator(configuration.getScoreCalculator()));
        configuration.setIterationTerminationConditions(configuration.getIterationTerminationConditions().stream()
                .<IterationTerminationCondition>map(IterationCondition::new)
                .toList());
        configuration.setEpochTerminationConditions(configuration.getEpochTerminationConditions().stream()
                .<EpochTerminationCondition>map(EpochCondition::new)
                .toList());
        return configuration;
    }

    EarlyStoppingListener<T> listener() {
        return new Listener();
    }

    /** A listener of the network. */
    BaseTrainingListener trainingListener() {
        return new Training();
    }

    private final class Training extends BaseTrainingListener {
        @Override
        public void onEpochStart(Model model) {
            add("network: onEpochStart", model.score());
        }

        @Override
        public void onEpochEnd(Model model) {
            add("network: onEpochEnd", model.score());
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            add("network: iterationDone " + iteration + " " + epoch, model.score());
        }
    }

    private final class Listener implements EarlyStoppingListener<T> {
        @Override
        public void onStart(EarlyStoppingConfiguration<T> configuration, T network) {
            add("onStart", network.score());
        }

        @Override
        public void onEpoch(int epoch, double score, EarlyStoppingConfiguration<T> configuration, T network) {
            add("onEpoch " + epoch, score);
        }

        @Override
        public void onCompletion(EarlyStoppingResult<T> result) {
            add("onCompletion " + result.getTerminationReason(), result.getBestModelEpoch());
        }
    }

    private final class Saver implements EarlyStoppingModelSaver<T> {

        private static final long serialVersionUID = 1L;

        private final EarlyStoppingModelSaver<T> saver;

        Saver(EarlyStoppingModelSaver<T> saver) {
            this.saver = saver;
        }

        @Override
        public void saveBestModel(T network, double score) throws IOException {
            add("saveBestModel", score);
            saver.saveBestModel(network, score);
        }

        @Override
        public void saveLatestModel(T network, double score) throws IOException {
            add("saveLatestModel", score);
            saver.saveLatestModel(network, score);
        }

        @Override
        public T getBestModel() throws IOException {
            add("getBestModel", 0);
            return saver.getBestModel();
        }

        @Override
        public T getLatestModel() throws IOException {
            return saver.getLatestModel();
        }
    }

    private final class Calculator implements ScoreCalculator<T> {

        private static final long serialVersionUID = 1L;

        private final ScoreCalculator<T> calculator;

        Calculator(ScoreCalculator<T> calculator) {
            this.calculator = calculator;
        }

        @Override
        public double calculateScore(T network) {
            double score = calculator.calculateScore(network);
            add("calculateScore", score);
            return score;
        }

        @Override
        public boolean minimizeScore() {
            return calculator.minimizeScore();
        }
    }

    private final class IterationCondition implements IterationTerminationCondition {

        private static final long serialVersionUID = 1L;

        private final IterationTerminationCondition condition;

        IterationCondition(IterationTerminationCondition condition) {
            this.condition = condition;
        }

        @Override
        public void initialize() {
            add("initialize " + condition, 0);
            condition.initialize();
        }

        @Override
        public boolean terminate(double score) {
            add("terminate? " + condition, score);
            return condition.terminate(score);
        }

        @Override
        public String toString() {
            return condition.toString();
        }
    }

    private final class EpochCondition implements EpochTerminationCondition {

        private static final long serialVersionUID = 1L;

        private final EpochTerminationCondition condition;

        EpochCondition(EpochTerminationCondition condition) {
            this.condition = condition;
        }

        @Override
        public void initialize() {
            add("initialize " + condition, 0);
            condition.initialize();
        }

        @Override
        public boolean terminate(int epoch, double score, boolean minimize) {
            add("terminate? " + condition + " " + epoch + " " + minimize, score);
            return condition.terminate(epoch, score, minimize);
        }

        @Override
        public String toString() {
            return condition.toString();
        }
    }
}
