/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.spark.Nets.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;

/** Training on data sets that were saved to files. */
@Tag("slow")
class FilesTest {

    /** Of numbers that are sums of the same terms in another order. */
    private static final double ROUNDING = 1e-12;

    private final JavaSparkContext context = LocalCluster.of(2);
    private final Row row = Nets.mlp();
    private final MultiLayerNetwork network = row.network();
    private final List<DataSet> batches =
            row.partitions(0).stream().flatMap(List::stream).toList();

    @TempDir
    private Path folder;

    @BeforeEach
    void aSchemeOfTheContext() {
        context.hadoopConfiguration().set("fs." + FolderFileSystem.SCHEME + ".impl", FolderFileSystem.class.getName());
    }

    @Test
    void ofAFolderInTheOrderOfTheirNames() throws IOException {
        // Written the last first: what counts is the name.
        for (int i = batches.size() - 1; i >= 0; i--) {
            batches.get(i).save(folder.resolve("batch-" + i + ".bin").toFile());
        }
        Files.createFile(folder.resolve("_SUCCESS"));
        Files.createFile(folder.resolve(".batch-0.bin.crc"));
        Files.createDirectory(folder.resolve("more"));
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(2)
                .build()) {
            trainer.fit(FolderFileSystem.SCHEME + "://" + folder, 1);
        }
        MultiLayerNetwork reference = row.network();
        reference.fit(DataSet.merge(batches.subList(0, 2)));
        reference.fit(DataSet.merge(batches.subList(2, 4)));
        reference.fit(batches.get(4));
        assertClose(network.params(), reference.params());
    }

    @Test
    void ofMultiDataSets() throws IOException {
        ComputationGraph graph = Nets.twoInputs();
        List<org.nd4j.linalg.dataset.api.MultiDataSet> pairs = Nets.pairs(0);
        for (int i = 0; i < pairs.size(); i++) {
            pairs.get(i).save(folder.resolve("pair-" + i).toFile());
        }
        ComputationGraph reference = Nets.twoInputs();
        MultiDataSet union = MultiDataSet.merge(
                pairs.stream().map(pair -> (MultiDataSet) pair).toList());
        try (var trainer = SparkAccumulationTrainer.builder(context, graph)
                .batchesPerStep(3)
                .partitions(2)
                .build()) {
            trainer.fitMultiDataSet(folder.toUri().toString(), 1);
            reference.fit(union);
            assertClose(graph.params(), reference.params());
            List<String> paths = List.of("pair-2", "pair-0", "pair-1").stream()
                    .map(name -> folder.resolve(name).toUri().toString())
                    .toList();
            trainer.fitPathsMultiDataSet(context.parallelize(paths, 1), 1);
            reference.fit(union);
            assertClose(graph.params(), reference.params());
        }
    }

    @Test
    void badFilesAreNamedAndNotTriedAgain() throws IOException, TimeoutException {
        double[] before = network.params().toDoubleVector();
        String good = saved("good", batches.get(0)).toUri().toString();
        Path cut = saved("cut", batches.get(1));
        byte[] bytes = Files.readAllBytes(cut);
        Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        String missing = folder.resolve("missing").toUri().toString();
        TaskFailures failures = new TaskFailures();
        context.sc().addSparkListener(failures);
        try (var trainer = SparkAccumulationTrainer.builder(context, network).build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitPaths(context.parallelize(List.of(good, missing), 1), 1))
                    .withMessageStartingWith("Batch 1 of partition 0: there is no file " + missing);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitPaths(
                            context.parallelize(List.of(good, cut.toUri().toString()), 2), 1))
                    .withMessageStartingWith("Batch 0 of partition 1: the file " + cut.toUri())
                    .withMessageContaining("is not what DataSet.save writes")
                    .withMessageContaining("EOFException");
            // Read as numbers of arrays these letters are more than fit into memory.
            Path text = Files.writeString(folder.resolve("text"), "This is no data set.");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitPathsMultiDataSet(
                            context.parallelize(List.of(text.toUri().toString()), 1), 1))
                    .withMessageContaining("is not what MultiDataSet.save writes")
                    .withMessageContaining("numbers of arrays");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fitPaths(context.parallelize(List.of("nowhere://a/b"), 1), 1))
                    .withMessageStartingWith("Batch 0 of partition 0: Hadoop cannot use the path nowhere://a/b");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(missing, 1))
                    .withMessageStartingWith("There is no folder " + missing);
            Path empty = Files.createDirectory(folder.resolve("empty"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(empty.toUri().toString(), 1))
                    .withMessageStartingWith("The folder " + empty.toUri() + " has no file");
            assertThatIllegalArgumentException().isThrownBy(() -> trainer.fit((String) null, 1));
        }
        context.sc().listenerBus().waitUntilEmpty();
        context.sc().removeSparkListener(failures);
        assertThat(failures.ended()).as("tasks that were seen").isPositive();
        assertThat(failures.failed()).as("tasks that Spark tried again").isZero();
        assertThat(network.params().toDoubleVector()).containsExactly(before);
    }

    private Path saved(String name, DataSet data) {
        Path file = folder.resolve(name);
        data.save(file.toFile());
        return file;
    }

    private static void assertClose(INDArray actual, INDArray expected) {
        assertThat(actual.sub(expected).amaxNumber().doubleValue())
                .isLessThanOrEqualTo(ROUNDING * expected.amaxNumber().doubleValue());
    }
}
