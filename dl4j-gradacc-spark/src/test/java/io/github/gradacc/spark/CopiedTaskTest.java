/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.spark.Nets.Row;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.ShareTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Speculative execution: a task that is late gets a copy, the first of both counts, and the other one is interrupted.
 * Spark starts copies on other machines only, of which there are none here, so the two are started by hand.
 */
@Tag("slow")
class CopiedTaskTest {

    private static final String TRAINER = "copied task";

    @TempDir
    private Path folder;

    private Path brake;
    private SumShares task;
    private List<byte[]> batches;

    @BeforeEach
    void prepare() {
        brake = folder.resolve("brake");
        Row row = Nets.hooked(new BrakedLoss(brake.toString()));
        MultiLayerNetwork network = row.network();
        ShareSettings settings = new ShareSettings(1, 1, BatchNormStatistics.POOLED, LossNormalization.EXAMPLES);
        var model = new Cluster(LocalCluster.of(2), new AddPieces())
                .broadcast(new Model(
                        TRAINER,
                        TrainedNetwork.of(network, StatisticsPolicy.POOLED, 1).blueprint(),
                        RawArray.of(network.params()),
                        settings));
        batches = row.partitions(0).get(1).stream()
                .map(batch -> EncodedBatch.encode(batch.toMultiDataSet()))
                .toList();
        Part part = new Part(0, 2, 0, batches.stream().map(EncodedBatch::print).toList());
        task = new SumShares(
                model, Map.of(0, part), new ShareTask(0, 0, List.of(), false), new Slices(network.numParams(), 8, 3));
    }

    @AfterEach
    void dismiss() {
        Workers.dismiss(TRAINER);
    }

    @Test
    void theCopyHasTheBitsOfTheTask() throws Exception {
        List<byte[]> alone = attempt();
        assertThat(alone).hasSize(3);
        Files.createFile(brake);
        FutureTask<List<byte[]>> late = new FutureTask<>(this::attempt);
        Thread thread = new Thread(late);
        thread.start();
        while (Files.exists(brake)) {
            Thread.sleep(1);
        }
        assertThat(attempt()).as("the copy").containsExactlyElementsOf(alone);
        assertThat(late).as("the task that is late").isNotDone();
        thread.interrupt();
        // Half of what it would take by itself.
        thread.join(BrakedLoss.MILLIS / 2);
        assertThat(late).as("the task that was interrupted").isDone();
        assertThatIllegalStateException().isThrownBy(() -> throwCause(late)).withMessageContaining("interrupted");
        assertThat(attempt()).as("after the interrupt").containsExactlyElementsOf(alone);
    }

    private List<byte[]> attempt() {
        List<byte[]> pieces = new ArrayList<>();
        task.call(0, batches.iterator()).forEachRemaining(piece -> pieces.add(piece._2()));
        return pieces;
    }

    private static void throwCause(FutureTask<?> task) throws InterruptedException {
        try {
            task.get();
        } catch (ExecutionException e) {
            throw (RuntimeException) e.getCause();
        }
    }
}
