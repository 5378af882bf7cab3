/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.spark.Nets.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bits of a training depend on the data and its partitions, not on what happens to those who compute. */
@Tag("slow")
class SameBitsTest {

    private static final int STEPS = 3;

    @TempDir
    private Path folder;

    @Test
    void whateverHappensToExecutors() throws IOException {
        JavaSparkContext two = LocalCluster.of(2);
        double[] undisturbed = train(two, 0);
        assertThat(train(two, 0)).as("again").containsExactly(undisturbed);
        assertThat(train(two, 40)).as("with delays at random").containsExactly(undisturbed);
        Path fuse = Files.createFile(fuse());
        assertThat(train(two, 40)).as("one executor killed in its passes").containsExactly(undisturbed);
        assertThat(fuse).as("the fuse of the executor that was killed").doesNotExist();
        Files.createFile(fuse());
        assertThat(train(two, 0, new FusedPieces(fuse().toString())))
                .as("one executor killed while it adds")
                .containsExactly(undisturbed);
        assertThat(fuse).as("the fuse of the executor that was killed").doesNotExist();
        assertThat(train(LocalCluster.of(1), 0)).as("one executor").containsExactly(undisturbed);
    }

    private Path fuse() {
        return folder.resolve("fuse");
    }

    private double[] train(JavaSparkContext context, int mostMillis) {
        return train(context, mostMillis, new AddPieces());
    }

    private double[] train(JavaSparkContext context, int mostMillis, AddPieces reducer) {
        Row row = Nets.hooked(new HookedLoss(fuse().toString(), mostMillis));
        MultiLayerNetwork network = row.network();
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .microBatchSize(2)
                .reducer(reducer)
                .build()) {
            for (int step = 0; step < STEPS; step++) {
                trainer.step(LocalCluster.rdd(context, row.partitions(step)));
            }
        }
        return network.params().toDoubleVector();
    }
}
