/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The process whose memory is measured: it starts DL4J with one small step, notes its resident memory, trains, and
 * prints by how many kilobytes its memory had grown at the peak.
 *
 * <p>All batches of an epoch are the same arrays, so that the data takes no more memory than one batch.
 */
public final class MemoryProbe {

    private static final Path STATUS = Path.of("/proc/self/status");

    private MemoryProbe() {}

    /**
     * Trains and prints one number.
     *
     * @param args the task's text form, and the number of examples to train on
     */
    public static void main(String[] args) throws IOException {
        Task task = Task.parse(args[0]);
        int examples = Integer.parseInt(args[1]);
        start();
        long before = kilobytes("VmRSS:");
        train(task, examples);
        System.out.println(kilobytes("VmHWM:") - before);
        // ND4J's threads need not end by themselves.
        System.exit(0);
    }

    /** Loads classes and native libraries by taking one step of a network too small to matter. */
    private static void start() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .updater(new Adam())
                .list(new OutputLayer.Builder(LossFunction.MSE).nIn(2).nOut(2).build())
                .build());
        network.init();
        network.fit(new DataSet(Nd4j.rand(2, 2), Nd4j.rand(2, 2)));
    }

    private static void train(Task task, int examples) {
        Subject subject = task.workload().network();
        NeuralNetwork network = subject.network();
        switch (task.way()) {
            case NATIVE_WHOLE -> network.fit(batches(task, task.effectiveBatch(), examples));
            case NATIVE_MICRO -> network.fit(batches(task, task.microBatch(), examples));
            case TRAINER_1 -> accumulate(subject, task, examples, 1);
            case TRAINER_2 -> accumulate(subject, task, examples, 2);
            default -> throw new IllegalArgumentException(task.way() + " has no memory figure");
        }
    }

    private static void accumulate(Subject subject, Task task, int examples, int parallelism) {
        try (var trainer = subject.trainer()
                .accumulationSteps(task.effectiveBatch() / task.microBatch())
                .parallelism(parallelism)
                .build()) {
            trainer.fit(batches(task, task.microBatch(), examples));
        }
    }

    private static DataSetIterator batches(Task task, int size, int examples) {
        return new ExistingDataSetIterator(
                Collections.nCopies(examples / size, task.workload().data(size)));
    }

    /** Reads a line such as {@code VmHWM: 123456 kB}. */
    private static long kilobytes(String field) throws IOException {
        return Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow(() -> new IOException(STATUS + " has no " + field));
    }
}
