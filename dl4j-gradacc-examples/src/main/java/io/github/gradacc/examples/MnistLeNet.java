/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.awt.Color;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * LeNet on digits: steps on 256 images, of which each worker holds 32 at a time. DL4J's listeners and evaluation see
 * the steps as if the batch had been trained as a whole.
 */
@Command(description = "LeNet on digits: effective batch 256 from micro-batches of 32, side by side.")
final class MnistLeNet extends Experiment {

    static final int BATCH = 256;
    static final int MICRO_BATCH = 32;

    @Option(
            names = "--drawn",
            description = "digits drawn on the spot; default: MNIST, which DL4J downloads if its host answers")
    private boolean drawn;

    @Option(names = "--train", paramLabel = "N", description = "images to learn from, default ${DEFAULT-VALUE}")
    private int train = 2048;

    @Option(names = "--test", paramLabel = "N", description = "images to test with, default ${DEFAULT-VALUE}")
    private int test = 500;

    @Option(names = "--epochs", paramLabel = "N", description = "default ${DEFAULT-VALUE}")
    private int epochs = 3;

    @Option(names = "--workers", paramLabel = "N", description = "micro-batches side by side, default ${DEFAULT-VALUE}")
    private int workers = 2;

    @Option(names = "--expect", paramLabel = "SHARE", description = "test accuracy to expect, default ${DEFAULT-VALUE}")
    private double expected = 0.85;

    /**
     * What came of it.
     *
     * @param losses before each step
     * @param evaluation of the test set
     */
    record Outcome(List<Double> losses, Evaluation evaluation) {}

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        DigitImages images =
                drawn ? DigitImages.drawn("--drawn asks for them", train, test) : DigitImages.mnist(train, test);
        paper.print(images.origin());
        Outcome outcome = train(images, epochs, workers);
        paper.print(outcome.evaluation().confusionMatrix());
        paper.print(new Table("steps", "first loss", "last loss", "test accuracy", "F1")
                .row(
                        "" + outcome.losses().size(),
                        Table.number("%.3f", outcome.losses().get(0)),
                        Table.number(
                                "%.3f", outcome.losses().get(outcome.losses().size() - 1)),
                        Table.number("%.3f", outcome.evaluation().accuracy()),
                        Table.number("%.3f", outcome.evaluation().f1())));
        paper.draw(losses(outcome), confusion(outcome.evaluation()));
        int steps = epochs * ((train + BATCH - 1) / BATCH);
        return expectations(outcome, steps, expected);
    }

    /** Trains and tests. */
    static Outcome train(DigitImages images, int epochs, int workers) {
        MultiLayerNetwork network = network();
        CollectScoresListener scores = new CollectScoresListener(1);
        // Its lines, one for each eighth step, go to the log.
        network.setListeners(scores, new PerformanceListener(8, true));
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(MICRO_BATCH)
                .parallelism(workers)
                .build()) {
            trainer.fit(new ViewIterator(images.train(), BATCH), epochs);
        }
        Evaluation evaluation = network.evaluate(new ViewIterator(images.test(), BATCH));
        return new Outcome(List.copyOf(scores.getListScore()), evaluation);
    }

    private static MultiLayerNetwork network() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                .updater(new Adam(0.002))
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(5, 5).nOut(20).build())
                .layer(pooling())
                .layer(new ConvolutionLayer.Builder(5, 5).nOut(50).build())
                .layer(pooling())
                .layer(new DenseLayer.Builder().nOut(500).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(Digits.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutionalFlat(DigitImages.SIZE, DigitImages.SIZE, 1))
                .build());
        network.init();
        return network;
    }

    private static SubsamplingLayer pooling() {
        return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
                .build();
    }

    /** That a step was taken for each 256 images, that something was learned, and how much. */
    static List<Expectation> expectations(Outcome outcome, int steps, double accuracy) {
        List<Double> losses = outcome.losses();
        return List.of(
                Expectation.equal("number of steps", losses.size(), steps),
                // Ten classes, equally likely: log 10 is 2.3.
                Expectation.between("loss of the first step", losses.get(0), 1.8, 3),
                Expectation.atLeast("test accuracy", outcome.evaluation().accuracy(), accuracy));
    }

    private static XYChart losses(Outcome outcome) {
        XYChart chart = Charts.curves("LeNet: steps on 256 images, 32 at a time", "step", "loss");
        Charts.add(chart, "train", 1, outcome.losses());
        return chart;
    }

    private static HeatMapChart confusion(Evaluation evaluation) {
        HeatMapChart chart = new HeatMapChartBuilder()
                .width(Charts.WIDTH)
                .height(Charts.HEIGHT)
                .title("Confusion matrix")
                .xAxisTitle("predicted")
                .yAxisTitle("actual")
                .build();
        Charts.plain(chart.getStyler());
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        chart.getStyler().setShowValue(true).setRangeColors(new Color[] {Color.WHITE, new Color(0x56B4E9)});
        int[] digits = IntStream.range(0, Digits.CLASSES).toArray();
        int[][] counts = new int[Digits.CLASSES][Digits.CLASSES];
        for (int predicted : digits) {
            for (int actual : digits) {
                counts[predicted][actual] = evaluation.getConfusionMatrix().getCount(actual, predicted);
            }
        }
        chart.addSeries("digits", digits, digits, counts);
        return chart;
    }
}
