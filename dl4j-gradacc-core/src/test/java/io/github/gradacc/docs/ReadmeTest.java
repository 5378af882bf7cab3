/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.AccumulationSchedule;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.ClipGlobalNorm;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.OutOfMemoryPolicy;
import io.github.gradacc.train.PartialWindow;
import io.github.gradacc.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** The snippets of the README, run. {@link SnippetsTest} checks that they are the same, letter for letter. */
class ReadmeTest {

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final DataSetIterator iterator = iterate(Batches.mlp());
    private final INDArray features = new Data(1, DataType.DOUBLE).normal(10, 4);
    private final INDArray labels = new Data(1, DataType.DOUBLE).oneHot(10, 3);
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void firstScreen() {
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(10)
                .build()) {
            trainer.fit(iterator, 5); // ten batches, one optimizer step; five epochs
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(5);
        assertThat(network.getEpochCount()).isEqualTo(5);
    }

    @Test
    void bigBatches() {
        // snippet
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(4).build()) {
            trainer.fit(iterator);
            StepReport step = trainer.fit(features, labels); // one step on these arrays
            log(step.microBatches() + " passes, " + step.examples() + " examples, score " + step.score());
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(8 + 1);
        assertThat(logged).singleElement().asString().startsWith("3 passes, 10 examples, score ");
    }

    @Test
    void ownLoop() {
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(10)
                .build()) {
            while (iterator.hasNext()) {
                trainer.accumulate(iterator.next())
                        .ifPresent(step -> log("step " + step.iteration() + ": " + step.score()));
            }
            trainer.flush(); // a step on what is left
        }
        // end
        assertThat(logged).isEmpty();
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    @Test
    void allSettings() {
        // snippet
        var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSchedule(AccumulationSchedule.byEpoch(Map.of(0, 8, 4, 2))) // default: 1 batch
                .microBatchSize(16) // default: batches are not split
                .parallelism(2) // passes side by side, the same bits for any n > 1; default: 1
                .partialWindow(PartialWindow.STEP) // or DROP, or CARRY into the next epoch
                .batchNormStatistics(BatchNormStatistics.POOLED) // or SEQUENTIAL
                .lossNormalization(LossNormalization.EXAMPLES) // or UNMASKED (tokens), or LABEL_WEIGHTS
                .onOutOfMemory(OutOfMemoryPolicy.FAIL) // or HALVE what does not fit into memory
                .gradientTransforms(new ClipGlobalNorm(1)) // and others, in order; default: none
                .nonFinite(NonFinitePolicy.REFUSE) // or SKIP_STEP, or SKIP_MICRO_BATCH
                .build();
        // end
        trainer.fit(iterator, 6);
        trainer.close();
        assertThat(network.getIterationCount()).isEqualTo(4 * 1 + 2 * 4);
    }
}
