/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark.examples;

import io.github.gradacc.examples.Digits;
import io.github.gradacc.spark.SparkAccumulationTrainer;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A small convolutional network learns digits on a cluster. Then the driver trains a twin of it alone, on the same
 * windows: the parameters of both must agree, up to rounding.
 *
 * <p>The digits are drawn where they are needed, from seeds: nothing is downloaded, and nothing is read from disk.
 */
@Command(
        name = "SparkDigits",
        mixinStandardHelpOptions = true,
        description =
                "Digits learned on a cluster, with the steps of the big batch; then the same on the driver alone.")
public final class SparkDigits implements Callable<Integer> {

    /** What sums in another order may come to, in DOUBLE, over some hundred steps. */
    private static final double ROUNDING = 1e-9;

    private static final long TEST_SEED = -1;
    private static final int TEST_EXAMPLES = 500;

    @Option(names = "--partitions", paramLabel = "N", description = "of the data, default ${DEFAULT-VALUE}")
    private int partitions = 4;

    @Option(names = "--batches", paramLabel = "N", description = "to learn from, default ${DEFAULT-VALUE}")
    private int batches = 32;

    @Option(names = "--batch-size", paramLabel = "N", description = "examples of a batch, default ${DEFAULT-VALUE}")
    private int batchSize = 32;

    @Option(names = "--batches-per-step", paramLabel = "N", description = "default ${DEFAULT-VALUE}")
    private int batchesPerStep = 8;

    @Option(names = "--epochs", paramLabel = "N", description = "default ${DEFAULT-VALUE}")
    private int epochs = 8;

    @Option(names = "--expect", paramLabel = "SHARE", description = "test accuracy to expect, default ${DEFAULT-VALUE}")
    private double expected = 0.8;

    @Option(names = "--save", paramLabel = "FILE", description = "where to save the network, on the driver")
    private @Nullable File file;

    @Spec
    private @Nullable CommandSpec spec;

    private SparkDigits() {}

    /**
     * Runs the program, on the cluster that {@code spark-submit} or {@code spark.master} names, or else on two threads
     * of this process. The exit status is 0, or 1 if something was not as expected, or 2 if an argument is wrong.
     */
    public static void main(String[] args) {
        int status = new CommandLine(new SparkDigits()).execute(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    @Override
    public Integer call() throws IOException {
        requirePositive("--partitions", partitions);
        requirePositive("--batches", batches);
        requirePositive("--batch-size", batchSize);
        requirePositive("--batches-per-step", batchesPerStep);
        requirePositive("--epochs", epochs);
        SparkConf conf = new SparkConf().setIfMissing("spark.master", "local[2]");
        try (JavaSparkContext context = new JavaSparkContext(conf.setIfMissing("spark.app.name", "SparkDigits"))) {
            return run(context, command().commandLine().getOut());
        }
    }

    private int run(JavaSparkContext context, PrintWriter out) throws IOException {
        JavaRDD<DataSet> data = context.parallelize(
                        LongStream.range(0, batches).boxed().toList(), partitions)
                .map(new DrawDigits(batchSize));
        MultiLayerNetwork network = network();
        long start = System.nanoTime();
        trainOn(context, network, data);
        out.printf(
                "On %s: %d steps on %d examples each, in %.1f s%n",
                context.master(), network.getIterationCount(), batchesPerStep * batchSize, secondsSince(start));
        start = System.nanoTime();
        MultiLayerNetwork alone = network();
        trainAlone(alone, deal(data.glom().collect()));
        out.printf("On the driver alone: %d steps, in %.1f s%n", alone.getIterationCount(), secondsSince(start));
        double accuracy = accuracy(network);
        double difference = difference(network.params(), alone.params());
        boolean isAsExpected = difference <= ROUNDING
                && accuracy >= expected
                && network.getIterationCount() == alone.getIterationCount();
        out.printf(
                "%s: the parameters should differ by rounding, at most %.0e of their norm, and do by %.1e; the test"
                        + " accuracy should be at least %.3f, and is %.3f%n",
                isAsExpected ? "As expected" : "Not as expected", ROUNDING, difference, expected, accuracy);
        if (file != null) {
            network.save(file, true);
            out.println("Saved to " + file);
        }
        return isAsExpected ? 0 : 1;
    }

    private void trainOn(JavaSparkContext context, MultiLayerNetwork network, JavaRDD<DataSet> data) {
        try (var trainer = SparkAccumulationTrainer.builder(context, network)
                .batchesPerStep(batchesPerStep)
                .build()) {
            trainer.fit(data, epochs);
        }
    }

    private void trainAlone(MultiLayerNetwork network, List<DataSet> batchesInOrder) {
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(batchesPerStep)
                .build()) {
            trainer.fit(new ExistingDataSetIterator(batchesInOrder), epochs);
        }
    }

    /** In the order in which they come into windows on the cluster: one from each partition in turn. */
    private static List<DataSet> deal(List<List<DataSet>> partitions) {
        List<DataSet> dealt = new ArrayList<>();
        int rounds = partitions.stream().mapToInt(List::size).max().orElse(0);
        for (int round = 0; round < rounds; round++) {
            for (List<DataSet> partition : partitions) {
                if (round < partition.size()) {
                    dealt.add(partition.get(round));
                }
            }
        }
        return dealt;
    }

    private static double accuracy(MultiLayerNetwork network) {
        DataSet test = new DrawDigits(TEST_EXAMPLES).call(TEST_SEED);
        Evaluation evaluation = new Evaluation(Digits.CLASSES);
        evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
        return evaluation.accuracy();
    }

    private static double difference(INDArray parameters, INDArray others) {
        return parameters.distance2(others) / others.norm2Number().doubleValue();
    }

    private static MultiLayerNetwork network() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.004))
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(5, 5).nOut(8).build())
                .layer(new SubsamplingLayer.Builder()
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new DenseLayer.Builder().nOut(32).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(Digits.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutionalFlat(Digits.SIZE, Digits.SIZE, 1))
                .build());
        network.init();
        return network;
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(command().commandLine(), option + " must be at least 1, got " + value);
        }
    }

    private CommandSpec command() {
        if (spec == null) {
            throw new IllegalStateException("The program is started by its command line");
        }
        return spec;
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
