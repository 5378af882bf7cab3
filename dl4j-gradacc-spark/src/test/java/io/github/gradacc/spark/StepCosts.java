/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.train.BatchNormStatistics;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.ShareSettings;
import io.github.gradacc.train.SharedSteps;
import io.github.gradacc.train.SharedWindow;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/**
 * A program, not a test: what the parts of a step cost on two executors of this machine, beside the trainer in one
 * process with two passes side by side. Its argument is the width of the hidden layers. The numbers are in
 * {@code docs/spark.md}.
 */
final class StepCosts {

    private static final int PARTITIONS = 2;
    private static final int EXAMPLES = 256;
    private static final int MICRO_BATCH = 32;
    private static final int RUNS = 5;

    private final PrintStream out;
    private final JavaSparkContext context = LocalCluster.of(2);
    private final ShareSettings settings =
            new ShareSettings(MICRO_BATCH, 1, BatchNormStatistics.POOLED, LossNormalization.EXAMPLES);
    private final double[][] millis = new double[5][RUNS];

    private StepCosts(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] args) {
        new StepCosts(System.out).measure(Integer.parseInt(args[0]));
    }

    private void measure(int width) {
        MultiLayerNetwork network = network(width);
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            batches.add(new DataSet(
                    Nd4j.rand(DataType.FLOAT, EXAMPLES, 784),
                    Nd4j.zeros(DataType.FLOAT, EXAMPLES, 10).putScalar(0, 1)));
        }
        TrainedNetwork trained = TrainedNetwork.of(network, settings.statistics(), 1);
        SharedSteps steps = new SharedSteps(trained, settings, List.of(), NonFinitePolicy.REFUSE, 1, null);
        Cluster cluster = new Cluster(context, new AddPieces());
        JavaRDD<byte[]> encoded = context.parallelize(batches, PARTITIONS)
                .map(new Encode.DataSets())
                .persist(StorageLevel.MEMORY_ONLY());
        for (int run = -1; run < RUNS; run++) {
            step(Math.max(run, 0), network, trained, steps, cluster, encoded);
        }
        DataSet union = DataSet.merge(batches);
        try (var trainer = GradientAccumulationTrainer.builder(network(width))
                .microBatchSize(MICRO_BATCH)
                .parallelism(2)
                .build()) {
            for (int run = -1; run < RUNS; run++) {
                long start = System.nanoTime();
                trainer.fit(union);
                note(4, Math.max(run, 0), start);
            }
        }
        out.printf(Locale.ROOT, "%,d parameters, medians of %d steps in ms:%n", network.numParams(), RUNS);
        String[] names = {"broadcast", "passes", "combine", "step", "one machine"};
        for (int i = 0; i < names.length; i++) {
            Arrays.sort(millis[i]);
            out.printf(
                    Locale.ROOT,
                    "%12s %8.0f  (%.0f to %.0f)%n",
                    names[i],
                    millis[i][RUNS / 2],
                    millis[i][0],
                    millis[i][RUNS - 1]);
        }
        context.stop();
    }

    private void step(
            int run,
            MultiLayerNetwork network,
            TrainedNetwork trained,
            SharedSteps steps,
            Cluster cluster,
            JavaRDD<byte[]> encoded) {
        long start = System.nanoTime();
        Broadcast<byte[]> model =
                cluster.broadcast(new Model("costs", trained.blueprint(), RawArray.of(network.params()), settings));
        // Counting reads the broadcast on each executor.
        List<PartitionCount> counts = cluster.count(encoded, model);
        note(0, run, start);
        if (steps.needsExample()) {
            var example = Objects.requireNonNull(counts.get(0).example());
            steps.showExample(Objects.requireNonNull(EncodedBatch.decode(example.bytes())));
        }
        Plan plan = new Plan(counts);
        Plan.Window planned = plan.window(0, plan.batches());
        SharedWindow window = steps.open(planned.count());
        Slices slices = new Slices(network.numParams(), 4, PARTITIONS);
        start = System.nanoTime();
        encoded.mapPartitionsWithIndex(new SumShares(model, planned.parts(), window.task(), slices), true)
                .count();
        note(1, run, start);
        start = System.nanoTime();
        Cluster.Shares shares = cluster.sum(encoded, model, planned.parts(), window.task(), network.numParams(), 4);
        note(2, run, start);
        millis[2][run] -= millis[1][run];
        start = System.nanoTime();
        steps.step(window, shares.shares(), shares.failure());
        note(3, run, start);
        model.destroy();
    }

    private void note(int part, int run, long start) {
        millis[part][run] = (System.nanoTime() - start) / 1e6;
    }

    private static MultiLayerNetwork network(int width) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.FLOAT)
                .updater(new Adam(1e-3))
                .activation(Activation.TANH)
                .list()
                .layer(new DenseLayer.Builder().nIn(784).nOut(width).build())
                .layer(new DenseLayer.Builder().nIn(width).nOut(width).build())
                .layer(new OutputLayer.Builder()
                        .nIn(width)
                        .nOut(10)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        return network;
    }
}
