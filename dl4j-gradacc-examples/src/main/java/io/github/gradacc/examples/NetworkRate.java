/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.probe.LearningRateFinder;
import io.github.gradacc.probe.LearningRateReport;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.NonFiniteGradientException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The same question for a network, where nobody knows the curvature: {@link LearningRateFinder} asks it. An epoch at
 * the rate that it suggests must end better than one at a thirtieth of it, and than one at a hundred times as much.
 */
final class NetworkRate {

    private static final int BATCH = 40;
    private static final List<Double> FACTORS = List.of(1.0 / 30, 1.0, 100.0);

    private final List<DataSet> batches = Digits.draw(1600, 3).batchBy(BATCH);

    /** Prints a table, draws beside the picture of the program, and returns what was expected. */
    List<Expectation> run(Paper paper) throws IOException {
        LearningRateReport report =
                LearningRateFinder.of(network(0.1)).between(1e-4, 100).steps(80).find(batches);
        Path picture = paper.picture().resolveSibling("learningratefinder.png");
        report.toPng(picture);
        double suggested = report.suggestedRate().orElse(Double.NaN);
        List<Double> losses = FACTORS.stream()
                .map(factor -> lossAfterAnEpoch(factor * suggested))
                .toList();
        Table table = new Table("learning rate of a network", "loss after an epoch");
        for (int i = 0; i < FACTORS.size(); i++) {
            table.row(Table.number("%.4f", FACTORS.get(i) * suggested), Table.number("%.3f", losses.get(i)));
        }
        paper.print(report.conclusion());
        paper.print(table);
        paper.print("Picture of the search: " + picture);
        return expectations(losses);
    }

    /**
     * What is expected of three losses.
     *
     * @param losses at a thirtieth of the suggested rate, at it, and at a hundred times as much; NaN where it diverged
     */
    static List<Expectation> expectations(List<Double> losses) {
        double tooLarge = Double.isFinite(losses.get(2)) ? losses.get(2) : Double.POSITIVE_INFINITY;
        return List.of(
                Expectation.atMost(
                        "loss at the suggested rate, over that at a thirtieth", losses.get(1) / losses.get(0), 0.8),
                Expectation.atMost(
                        "loss at the suggested rate, over that at a hundred times as much",
                        losses.get(1) / tooLarge,
                        0.8));
    }

    private double lossAfterAnEpoch(double rate) {
        MultiLayerNetwork network = network(rate);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(BATCH / 2)
                .build()) {
            trainer.fit(new ExistingDataSetIterator(batches));
        } catch (NonFiniteGradientException e) {
            // The trainer takes no step on a gradient that is not finite.
            return Double.NaN;
        }
        return network.score(DataSet.merge(batches));
    }

    private static MultiLayerNetwork network(double rate) {
        var network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new Sgd(rate))
                .list()
                .layer(new DenseLayer.Builder()
                        .nOut(64)
                        .activation(Activation.RELU)
                        .build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(Digits.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.feedForward(Digits.PIXELS))
                .build());
        network.init();
        return network;
    }
}
