/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossScaling;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.SkippedWindow;
import io.github.gradacc.train.StepFilter;
import io.github.gradacc.train.StepReport;
import io.github.gradacc.train.WindowListener;
import io.github.gradacc.train.WindowNorms;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.learning.config.Sgd;

/** The snippets of docs/bad-gradients.md, run. */
class BadGradientsTest {

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    private static DataSetIterator withOneBadBatch() {
        List<DataSet> batches = Batches.mlp();
        batches.get(3).getFeatures().putScalar(0, Double.NaN);
        return iterate(batches);
    }

    @Test
    void policies() {
        DataSetIterator iterator = withOneBadBatch();
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(2)
                .nonFinite(NonFinitePolicy.SKIP_STEP) // or SKIP_MICRO_BATCH, or REFUSE
                .build()) {
            while (iterator.hasNext()) {
                trainer.accumulate(iterator.next())
                        .filter(step -> step.skippedMicroBatches() > 0)
                        .ifPresent(step -> log("left out " + step.skippedExamples() + ", stepped " + step.stepped()));
            }
        }
        // end
        assertThat(logged).containsExactly("left out 9, stepped false");
        assertThat(network.getIterationCount()).isEqualTo(3);
    }

    // snippet
    static final class SkippedExamples extends BaseTrainingListener implements WindowListener {
        long examples;

        @Override
        public void onWindow(Model model, WindowNorms norms) {}

        @Override
        public void onSkipped(Model model, SkippedWindow skipped) {
            examples += skipped.examples();
        }
    }
    // end

    @Test
    void listener() {
        SkippedExamples skipped = new SkippedExamples();
        network.setListeners(skipped);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(2)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .build()) {
            trainer.fit(withOneBadBatch());
        }
        assertThat(skipped.examples).isEqualTo(4);
    }

    @Test
    void filter() {
        DataSetIterator iterator = withOneBadBatch();
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH, 3) // at most 3 windows in a row
                .stepFilter(step -> step.gradientNorm() < 100)
                .build()) {
            trainer.fit(iterator);
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(7);
    }

    @Test
    void spikes() {
        DataSetIterator iterator = iterate(Batches.mlp());
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .stepFilter(StepFilter.scoreSpike(3, 20)) // not above 3 times the mean of the last 20 steps
                .build()) {
            trainer.fit(iterator);
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(8);
    }

    @Test
    void scaling() {
        MultiLayerNetwork network = Nets.init(
                Nets.mlp(settings -> settings.dataType(DataType.FLOAT16).updater(new Sgd(0.1))));
        DataSet batch = new Data(1, DataType.FLOAT16).dataSet(8, 3, 4);
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(4)
                .lossScaling(LossScaling.dynamic()) // GradScaler(): 65536, 2, 0.5, 2000
                .build()) {
            StepReport step = trainer.fit(batch);
            log("scale " + step.lossScale() + (step.stepped() ? "" : ", too large"));
        }
        // end
        assertThat(logged).singleElement().asString().startsWith("scale 65536.0");
    }
}
