/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossBceWithLogits;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.knowm.xchart.XYChart;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;

/**
 * Why do loss curves have spikes? A step's loss is the mean over its examples, and the mean over 4 varies ten times as
 * much as the mean over 40. On a problem with noise, which nobody can learn, that variance stays:
 *
 * <pre>
 *   batches of 4                        10 times the steps, and spikes
 *   batches of 4, accumulated by 10     the spikes go
 *   batches of 40                       the same curve
 * </pre>
 */
@Command(description = "Loss curves of batches of 4, of 4 accumulated by 10, and of 40: the spikes go.")
final class LossSpikes extends Experiment {

    static final int SMALL = 4;
    static final int ACCUMULATED = 10;
    static final int LARGE = SMALL * ACCUMULATED;
    static final int EXAMPLES = 400;
    static final int EPOCHS = 20;

    /** For each example of a step, so that all ways learn equally fast: ten times the examples, ten times the rate. */
    private static final double RATE_PER_EXAMPLE = 0.025;

    /** Losses of the same examples, added in another order, at parameters that differ by rounding. */
    private static final double ROUNDING = 1e-12;

    /**
     * How one way went.
     *
     * @param name to print
     * @param examples of a step
     * @param losses the loss of each step, before it
     */
    record Way(String name, int examples, List<Double> losses) {

        /** The second half, in which the network has learned what it can. */
        List<Double> settled() {
            return losses.subList(losses.size() / 2, losses.size());
        }

        double mean() {
            return settled().stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        }

        double variance() {
            double mean = mean();
            return settled().stream()
                    .mapToDouble(loss -> (loss - mean) * (loss - mean))
                    .average()
                    .orElse(Double.NaN);
        }

        double largest() {
            return settled().stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
        }
    }

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        List<Way> ways = ways(NoisyBinary.draw(EXAMPLES, 1), EPOCHS);
        paper.print(table(ways));
        paper.draw(chart(ways));
        return expectations(ways);
    }

    /** Trains in each way, from the same start, on the examples in the same order. */
    static List<Way> ways(DataSet data, int epochs) {
        return List.of(
                way("batches of 4", SMALL, network -> network.fit(batches(data, SMALL)), epochs),
                way("batches of 4, accumulated by 10", LARGE, network -> accumulate(network, data), epochs),
                way("batches of 40", LARGE, network -> network.fit(batches(data, LARGE)), epochs));
    }

    private static Way way(String name, int examples, Consumer<MultiLayerNetwork> epoch, int epochs) {
        MultiLayerNetwork network = network(examples);
        CollectScoresListener scores = new CollectScoresListener(1);
        network.setListeners(scores);
        IntStream.range(0, epochs).forEach(i -> epoch.accept(network));
        return new Way(name, examples, List.copyOf(scores.getListScore()));
    }

    private static void accumulate(MultiLayerNetwork network, DataSet data) {
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(ACCUMULATED)
                .build()) {
            trainer.fit(batches(data, SMALL));
        }
    }

    private static ViewIterator batches(DataSet data, int size) {
        return new ViewIterator(data, size);
    }

    private static MultiLayerNetwork network(int examplesOfAStep) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(RATE_PER_EXAMPLE * examplesOfAStep))
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

    private static Table table(List<Way> ways) {
        Table table = new Table("way", "steps", "mean loss", "variance", "largest loss");
        for (Way way : ways) {
            table.row(
                    way.name(),
                    "" + way.losses().size(),
                    Table.number("%.3f", way.mean()),
                    Table.number("%.4f", way.variance()),
                    Table.number("%.3f", way.largest()));
        }
        return table;
    }

    /** That the spikes go as they should, and that accumulation is what makes them go. */
    static List<Expectation> expectations(List<Way> ways) {
        Way small = ways.get(0);
        Way accumulated = ways.get(1);
        Way large = ways.get(2);
        return List.of(
                Expectation.atMost(
                        "largest difference of a loss of accumulated steps from that of a batch of 40",
                        Distance.largest(accumulated.losses(), large.losses()),
                        ROUNDING),
                // Ten, for examples drawn at random; these are a few hundred, and the network moves.
                Expectation.between(
                        "variance of batches of 4, divided by that of accumulated ones",
                        small.variance() / accumulated.variance(),
                        5,
                        20),
                Expectation.atLeast(
                        "largest loss of batches of 4, divided by the largest of accumulated ones",
                        small.largest() / accumulated.largest(),
                        1.5));
    }

    private static XYChart chart(List<Way> ways) {
        XYChart chart = Charts.curves("The loss of each step, on a noisy problem", "examples seen", "loss");
        // Room for the legend above the spikes.
        chart.getStyler().setYAxisMax(1.6);
        chart.getStyler().setXAxisDecimalPattern("0");
        Way small = ways.get(0);
        Way accumulated = ways.get(1);
        Way large = ways.get(2);
        Charts.add(chart, small.name(), small.examples(), small.losses());
        Charts.addWide(chart, large.name(), large.examples(), large.losses());
        Charts.addDashed(chart, accumulated.name(), accumulated.examples(), accumulated.losses());
        return chart;
    }
}
