/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.OutOfMemoryPolicy;
import io.github.gradacc.train.StepReport;
import io.github.gradacc.tune.MicroBatchTuner;
import io.github.gradacc.tune.TuningReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** The snippets of docs/memory.md, run. */
class MemoryTest {

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final DataSet batch = new Data(1, DataType.DOUBLE).dataSet(32, 3, 4);
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void halving() {
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .onOutOfMemory(OutOfMemoryPolicy.HALVE)
                .build()) {
            StepReport step = trainer.fit(batch);
            log(step.outOfMemory() + " passes did not fit, in the end it took " + step.microBatches());
        }
        // end
        assertThat(logged).containsExactly("0 passes did not fit, in the end it took 1");
    }

    @Test
    void tuning() {
        // snippet
        TuningReport report = MicroBatchTuner.of(network)
                .memoryLimit(16_000_000_000L) // resident bytes of the whole process
                .timeLimit(Duration.ofSeconds(2)) // default: one minute
                .tune(batch);
        log(report.toString());
        try (var trainer =
                GradientAccumulationTrainer.builder(network).tuned(report).build()) {
            trainer.fit(batch);
        }
        // end
        assertThat(logged)
                .singleElement()
                .asString()
                .contains("micro-batch", report.best().reason());
        // snippet
        var forLargerBatches = GradientAccumulationTrainer.builder(network).tuned(report.bestFor(1024));
        // end
        forLargerBatches.build().close();
        assertThat(network.getIterationCount()).isEqualTo(1);
    }
}
