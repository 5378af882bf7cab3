/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossBceWithLogits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;

/**
 * What changes between the mean and the sum of a loss: in DL4J, between {@code miniBatch(true)}, its default, and
 * {@code miniBatch(false)}. With n examples in a batch
 *
 * <pre>
 *   gradient of the sum = n * gradient of the mean
 *   rate for the sum    = rate for the mean / n        the same path, as long as every batch has n examples
 * </pre>
 *
 * <p>A last batch of n / 2 takes half a step with the sum, and a whole one with the mean. Then follows a training loop
 * that does not care ({@link TrainingLoop}).
 */
@Command(description = "miniBatch(true) and miniBatch(false): gradients, learning rates, ragged batches, a loop.")
final class MeanVersusSum extends Experiment {

    static final int BATCH = 20;

    private static final int EXAMPLES = 200;
    private static final int RAGGED = 190;
    private static final int EPOCHS = 5;
    private static final int LOOP_EPOCHS = 20;
    private static final double RATE = 0.5;
    private static final List<Integer> SIZES = List.of(4, 20, 80);

    /** Divisions by n before and after sums, 50 steps. */
    private static final double ROUNDING = 1e-12;

    /** One step on a batch of so many examples: how far the parameters move, with the mean and with the sum. */
    record Gradients(int examples, double ofMean, double ofSum) {

        double ratio() {
            return ofSum / ofMean;
        }
    }

    /**
     * What was found.
     *
     * @param gradients for batches of several sizes
     * @param even the difference of the paths with batches of one size
     * @param ragged the difference of the paths where the last batch of each epoch is half as large
     * @param lastStep how far the sum moves on such a last batch, where the mean moves 1
     */
    record Outcome(List<Gradients> gradients, double even, double ragged, double lastStep) {}

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        Outcome outcome = compare();
        print(outcome, paper);
        List<Expectation> expectations = new ArrayList<>(expectations(outcome));
        TrainingLoop loop = new TrainingLoop(network(true, RATE), paper);
        expectations.addAll(TrainingLoop.expectations(
                loop.run(NoisyBinary.draw(2 * RAGGED, 3), NoisyBinary.draw(5 * EXAMPLES, 4), LOOP_EPOCHS)));
        return expectations;
    }

    /** Runs everything but the loop. */
    static Outcome compare() {
        DataSet data = NoisyBinary.draw(EXAMPLES, 1);
        List<Gradients> gradients = SIZES.stream()
                .map(size -> (DataSet) data.getRange(0, size))
                .map(batch -> new Gradients(batch.numExamples(), moved(true, 1, batch), moved(false, 1, batch)))
                .toList();
        DataSet lastBatch = (DataSet) data.getRange(RAGGED - BATCH / 2, RAGGED);
        return new Outcome(
                gradients,
                pathDifference(data),
                pathDifference((DataSet) data.getRange(0, RAGGED)),
                moved(false, RATE / BATCH, lastBatch) / moved(true, RATE, lastBatch));
    }

    /** How far one step moves the parameters. */
    private static double moved(boolean mean, double rate, DataSet batch) {
        MultiLayerNetwork network = network(mean, rate);
        INDArray before = network.params().dup();
        network.fit(batch);
        return before.distance2(network.params());
    }

    /** The largest difference of a parameter between the mean at a rate, and the sum at that rate / 20. */
    private static double pathDifference(DataSet data) {
        MultiLayerNetwork mean = network(true, RATE);
        MultiLayerNetwork sum = network(false, RATE / BATCH);
        double largest = 0;
        for (int i = 0; i < EPOCHS; i++) {
            mean.fit(new ViewIterator(data, BATCH));
            sum.fit(new ViewIterator(data, BATCH));
            largest = Math.max(largest, Distance.largest(mean.params(), sum.params()));
        }
        return largest;
    }

    static MultiLayerNetwork network(boolean mean, double rate) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.DOUBLE)
                .miniBatch(mean)
                .updater(new Sgd(rate))
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(NoisyBinary.FEATURES)
                        .nOut(16)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder(new LossBceWithLogits())
                        .nIn(16)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
        network.init();
        return network;
    }

    private static void print(Outcome outcome, Paper paper) {
        Table table = new Table("examples of the batch", "gradient of the mean", "of the sum", "ratio");
        for (Gradients it : outcome.gradients()) {
            table.row(
                    "" + it.examples(),
                    Table.number("%.6f", it.ofMean()),
                    Table.number("%.6f", it.ofSum()),
                    Table.number("%.12f", it.ratio()));
        }
        paper.print(table);
        paper.print("");
        paper.print(new Table("mean at a rate, sum at a 20th of it", "largest difference of a parameter")
                .row("200 examples in batches of 20", Table.number("%.1e", outcome.even()))
                .row("190 examples, the last batch of 10", Table.number("%.1e", outcome.ragged())));
        paper.print("");
    }

    /** The two equations, and where the second one ends. */
    static List<Expectation> expectations(Outcome outcome) {
        double ratio = outcome.gradients().stream()
                .mapToDouble(it -> Math.abs(it.ratio() / it.examples() - 1))
                .max()
                .orElse(Double.NaN);
        return List.of(
                Expectation.atMost("relative error of: the gradient of the sum is n times the mean's", ratio, ROUNDING),
                Expectation.atMost("difference of the paths, with the rate divided by n", outcome.even(), ROUNDING),
                Expectation.atLeast("difference of the paths, where the last batch is smaller", outcome.ragged(), 1e-3),
                Expectation.atMost(
                        "share of the mean's step that the sum takes on half a batch, distance from 1/2",
                        Math.abs(outcome.lastStep() - 0.5),
                        ROUNDING));
    }
}
