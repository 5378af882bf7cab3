/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.checkpoint.Seekable;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** The snippets of docs/checkpoints.md, run. */
class CheckpointsTest {

    @TempDir
    private Path directory;

    private static MultiLayerNetwork newNetwork() {
        return Nets.init(Nets.mlp());
    }

    @Test
    void training() throws IOException {
        DataSetIterator iterator = iterate(Batches.mlp());
        // snippet
        MultiLayerNetwork trained = CheckpointedTraining.in(directory)
                .everySteps(100)
                .keepLast(3)
                .fit(() -> newNetwork(), settings -> settings.accumulationSteps(4), iterator, 10);
        // end
        assertThat(trained.getEpochCount()).isEqualTo(10);
        File checkpoint = directory.resolve("step-0000000020.zip").toFile();
        // snippet
        MultiLayerNetwork loaded = MultiLayerNetwork.load(checkpoint, true);
        // end
        assertThat(loaded.params().toDoubleVector())
                .containsExactly(trained.params().toDoubleVector());
    }

    @Test
    @SuppressWarnings("serial")
    void seekable() {
        // snippet
        class Pages extends ListDataSetIterator<DataSet> implements Seekable {
            Pages(List<DataSet> batches) {
                super(batches, 1);
            }

            @Override
            public void seek(int epoch, long batch) { // the order is the same in all epochs
                reset();
                for (long i = 0; i < batch; i++) {
                    next();
                }
            }
        }
        // end
        List<DataSet> examples = Batches.mlp().get(0).asList();
        Pages pages = new Pages(examples);
        pages.seek(1, 3);
        assertThat(pages.next().getFeatures()).isEqualTo(examples.get(3).getFeatures());
        assertThat(pages.hasNext()).isFalse();
    }

    @Test
    void loops() {
        MultiLayerNetwork network = newNetwork();
        DataSet first = Batches.mlp().get(0);
        DataSet second = Batches.mlp().get(1);
        Path file = directory.resolve("training.zip");
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .build()) {
            trainer.accumulate(first);
            trainer.save(file); // in the middle of a window
        }
        MultiLayerNetwork other = newNetwork();
        try (var trainer =
                GradientAccumulationTrainer.builder(other).accumulationSteps(4).build()) {
            trainer.restore(file);
            trainer.accumulate(second); // the second batch of the window
            trainer.flush();
        }
        // end
        MultiLayerNetwork whole = newNetwork();
        try (var trainer =
                GradientAccumulationTrainer.builder(whole).accumulationSteps(2).build()) {
            trainer.accumulate(first);
            trainer.accumulate(second);
        }
        assertThat(other.params().toDoubleVector())
                .containsExactly(whole.params().toDoubleVector());
    }
}
