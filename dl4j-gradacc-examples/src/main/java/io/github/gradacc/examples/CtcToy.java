/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossCtc;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.updater.AdamTorch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.knowm.xchart.XYChart;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.ViewIterator;

/** An LSTM that learns with CTC to read {@link Sequences}: it is told what is written, never where. */
final class CtcToy {

    static final int EPOCHS = 12;

    private static final int TRAINING = 192;
    private static final int TEST = 100;
    private static final int BATCH = 16;
    private static final int MICRO_BATCH = 8;

    private CtcToy() {}

    /** How well it reads after so many epochs: CTC's loss on the test set, and the share read without any error. */
    record Epoch(int number, double loss, double readCorrectly) {}

    /** Trains; the first entry is from before that. */
    static List<Epoch> learn() {
        MultiLayerNetwork network = network();
        Sequences training = Sequences.draw(TRAINING, 1);
        Sequences test = Sequences.draw(TEST, 2);
        List<Epoch> epochs = new ArrayList<>();
        epochs.add(test(network, test, 0));
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(MICRO_BATCH)
                .build()) {
            for (int i = 1; i <= EPOCHS; i++) {
                trainer.fit(new ViewIterator(training.data(), BATCH));
                epochs.add(test(network, test, i));
            }
        }
        return epochs;
    }

    private static Epoch test(MultiLayerNetwork network, Sequences test, int number) {
        int[][] read = Sequences.read(network.output(test.features()));
        long correct = IntStream.range(0, read.length)
                .filter(i -> Arrays.equals(read[i], test.target(i)))
                .count();
        return new Epoch(number, network.score(test.data()), (double) correct / read.length);
    }

    private static MultiLayerNetwork network() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                .updater(new AdamTorch(0.03))
                .list()
                .layer(new LSTM.Builder().nOut(16).activation(Activation.TANH).build())
                .layer(new RnnOutputLayer.Builder(new LossCtc())
                        .nOut(Sequences.CLASSES)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.recurrent(Sequences.CHANNELS))
                .build());
        network.init();
        return network;
    }

    static Table table(List<Epoch> epochs) {
        Table table = new Table("CTC, epochs", "test loss", "sequences read correctly");
        for (Epoch epoch : epochs) {
            table.row(
                    "" + epoch.number(),
                    Table.number("%.3f", epoch.loss()),
                    Table.number("%.2f", epoch.readCorrectly()));
        }
        return table;
    }

    /** That it could not read before, and can now. */
    static List<Expectation> expectations(List<Epoch> epochs) {
        Epoch last = epochs.get(epochs.size() - 1);
        return List.of(
                Expectation.atMost(
                        "share of sequences read correctly before training",
                        epochs.get(0).readCorrectly(),
                        0.05),
                Expectation.atLeast(
                        "share of sequences read correctly after training with CTC", last.readCorrectly(), 0.9));
    }

    static XYChart chart(List<Epoch> epochs) {
        XYChart chart = Charts.curves("An LSTM learns to read by CTC", "epoch", "");
        Charts.add(chart, "test loss", 1, epochs.stream().map(Epoch::loss).toList());
        Charts.add(
                chart,
                "sequences read correctly",
                1,
                epochs.stream().map(Epoch::readCorrectly).toList());
        return chart;
    }
}
