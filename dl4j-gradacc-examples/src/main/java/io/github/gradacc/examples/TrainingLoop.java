/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;

/**
 * A training loop written by hand. For each epoch it keeps the sum of the losses, the number of correct answers and the
 * number of examples, prints what follows from them, and draws the curves so far:
 *
 * <pre>
 *   for each batch: tally the batch, then accumulate it        4 batches of 5 make a step
 *   flush: a step on what is left
 *   train loss = losses / examples;  train accuracy = correct / examples;  test accuracy likewise
 * </pre>
 */
final class TrainingLoop {

    static final int BATCH = 5;
    static final int BATCHES_PER_STEP = 4;

    private final MultiLayerNetwork network;
    private final Paper paper;

    /**
     * Prepares a loop.
     *
     * @param network to train, with one logit
     * @param paper whose picture is renewed after each epoch
     */
    TrainingLoop(MultiLayerNetwork network, Paper paper) {
        this.network = network;
        this.paper = paper;
    }

    /** What an epoch's line says. */
    record Epoch(int number, double trainLoss, double trainAccuracy, double testAccuracy) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "epoch %3d   train loss %.4f   train accuracy %.3f   test accuracy %.3f",
                    number,
                    trainLoss,
                    trainAccuracy,
                    testAccuracy);
        }
    }

    /** Trains, and prints and draws after each epoch. */
    List<Epoch> run(DataSet train, DataSet test, int epochs) throws IOException {
        List<Epoch> done = new ArrayList<>();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(BATCHES_PER_STEP)
                .build()) {
            for (int i = 1; i <= epochs; i++) {
                Tally training = new Tally();
                ViewIterator batches = new ViewIterator(train, BATCH);
                while (batches.hasNext()) {
                    DataSet batch = batches.next();
                    training.add(network, batch);
                    trainer.accumulate(batch);
                }
                trainer.flush();
                Tally testing = new Tally();
                testing.add(network, test);
                done.add(new Epoch(i, training.loss(), training.accuracy(), testing.accuracy()));
                paper.print(done.get(done.size() - 1));
                paper.draw(losses(done), accuracies(done));
            }
        }
        return done;
    }

    /** That something was learned, and no more than there is to learn. */
    static List<Expectation> expectations(List<Epoch> epochs) {
        Epoch first = epochs.get(0);
        Epoch last = epochs.get(epochs.size() - 1);
        return List.of(
                Expectation.atMost(
                        "train loss of the last epoch, divided by the first's",
                        last.trainLoss() / first.trainLoss(),
                        0.8),
                // A tenth of the labels is wrong; the standard deviation of such a share in 1000 examples is 0.01.
                Expectation.between("test accuracy", last.testAccuracy(), 0.8, 1 - NoisyBinary.WRONG + 0.03));
    }

    private static XYChart losses(List<Epoch> epochs) {
        XYChart chart = Charts.curves("Train loss", "epochs before", "loss");
        Charts.add(chart, "train", 1, values(epochs, Epoch::trainLoss));
        return chart;
    }

    private static XYChart accuracies(List<Epoch> epochs) {
        XYChart chart =
                Charts.curves("Accuracy: at most 0.9, as a tenth of the labels is wrong", "epochs before", "accuracy");
        chart.getStyler().setLegendPosition(LegendPosition.InsideSE);
        Charts.add(chart, "train", 1, values(epochs, Epoch::trainAccuracy));
        Charts.add(chart, "test", 1, values(epochs, Epoch::testAccuracy));
        return chart;
    }

    private static List<Double> values(List<Epoch> epochs, Function<Epoch, Double> value) {
        return epochs.stream().map(value).toList();
    }
}
