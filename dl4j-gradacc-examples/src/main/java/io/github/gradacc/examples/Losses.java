/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossBce;
import io.github.gradacc.loss.LossBceWithLogits;
import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.loss.LossNll;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.knowm.xchart.XYChart;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import picocli.CommandLine.Command;

/**
 * The table of losses at work. The same classifier learns the same points with nine losses, and these are equal, step
 * by step:
 *
 * <pre>
 *   cross-entropy on logits = NLL on log-softmax = DL4J's MCXENT on softmax
 *   BCE with logits = BCE on the sigmoid                  (another loss than cross-entropy)
 *   weight 2 for a class = each of its points twice       (divided by the weights of the labels)
 *   ignored labels = leaving their points out             (likewise)
 * </pre>
 *
 * <p>Then a network learns to read sequences with CTC ({@link CtcToy}).
 */
@Command(description = "Cross-entropy, NLL, BCE, weighted, with ignored labels: which are equal. CTC learns to read.")
final class Losses extends Experiment {

    static final int STEPS = 60;

    private static final int POINTS = 240;
    private static final int MICRO_BATCH = 50;
    private static final int HIDDEN = 8;
    private static final int WEIGHTED = 1;

    /** Equal in mathematics, computed differently: 60 steps from the same start. */
    private static final double ROUNDING = 1e-11;

    /**
     * How training with one loss went.
     *
     * @param name to print
     * @param losses before each step
     * @param accuracy the share of the points that are classified correctly
     * @param parameters after training, [1, parameters]; a copy
     */
    record Way(String name, List<Double> losses, double accuracy, INDArray parameters) {}

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        List<Way> ways = ways();
        paper.print(table(ways));
        paper.print("");
        List<CtcToy.Epoch> read = CtcToy.learn();
        paper.print(CtcToy.table(read));
        paper.draw(chart(ways), CtcToy.chart(read));
        List<Expectation> expectations = new ArrayList<>(expectations(ways));
        expectations.addAll(CtcToy.expectations(read));
        return expectations;
    }

    /** Trains with each loss, from the same weights. */
    static List<Way> ways() {
        Blobs points = Blobs.draw(POINTS, 1);
        Blobs some = points.ignoringEveryFourth();
        ILossFunction weighted = new LossCrossEntropy().withWeight(1, 2, 1);
        return List.of(
                way("cross-entropy on logits", logits(new LossCrossEntropy()), points.indices()),
                way("NLL on log-softmax", output(new LossNll(), new LogSoftmax()), points.indices()),
                way("DL4J's MCXENT on softmax", output(new LossMCXENT(), new ActivationSoftmax()), points.oneHot()),
                way("BCE with logits", logits(new LossBceWithLogits()), points.oneHot()),
                way("BCE on the sigmoid", output(new LossBce(), new ActivationSigmoid()), points.oneHot()),
                way("cross-entropy, weights 1 2 1", logits(weighted), points.indices()),
                way("points of the second class twice", logits(new LossCrossEntropy()), twice(points)),
                way("every fourth label ignored", logits(new LossCrossEntropy()), some.indices()),
                way(
                        "their points left out",
                        logits(new LossCrossEntropy()),
                        some.withoutIgnored().indices()));
    }

    private static DataSet twice(Blobs points) {
        return points.repeating(WEIGHTED, 2).indices();
    }

    private static ListBuilder logits(ILossFunction loss) {
        return output(loss, new ActivationIdentity());
    }

    private static ListBuilder output(ILossFunction loss, IActivation activation) {
        return hidden().layer(new OutputLayer.Builder(loss)
                .nIn(HIDDEN)
                .nOut(Blobs.CLASSES)
                .activation(activation)
                .build());
    }

    private static ListBuilder hidden() {
        return new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(0.5))
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(Blobs.FEATURES)
                        .nOut(HIDDEN)
                        .activation(Activation.TANH)
                        .build());
    }

    private static Way way(String name, ListBuilder layers, DataSet data) {
        MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
        network.init();
        List<Double> losses = new ArrayList<>();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(MICRO_BATCH)
                // As torch's mean does. Where all labels count 1, that is the number of examples.
                .lossNormalization(LossNormalization.LABEL_WEIGHTS)
                .build()) {
            for (int i = 0; i < STEPS; i++) {
                losses.add(trainer.fit(data).score());
            }
        }
        return new Way(name, losses, accuracy(network), network.params().dup());
    }

    /** The largest logit is the largest probability, and the largest logarithm of one. */
    private static double accuracy(MultiLayerNetwork network) {
        Blobs test = Blobs.draw(POINTS, 2);
        INDArray found = network.output(test.indices().getFeatures()).argMax(1);
        long correct = IntStream.range(0, POINTS)
                .filter(i -> found.getInt(i) == test.classOf(i))
                .count();
        return (double) correct / POINTS;
    }

    private static Table table(List<Way> ways) {
        Table table = new Table("loss", "first step", "last step", "test accuracy", "sum of parameters");
        for (Way way : ways) {
            table.row(
                    way.name(),
                    Table.number("%.6f", way.losses().get(0)),
                    Table.number("%.6f", way.losses().get(STEPS - 1)),
                    Table.number("%.3f", way.accuracy()),
                    Table.number("%.12f", way.parameters().sumNumber().doubleValue()));
        }
        return table;
    }

    /** The equalities, that BCE is something else, and that all of them learn. */
    static List<Expectation> expectations(List<Way> ways) {
        double least = ways.stream().mapToDouble(Way::accuracy).min().orElse(Double.NaN);
        return List.of(
                equal(ways.get(0), ways.get(1)),
                equal(ways.get(0), ways.get(2)),
                equal(ways.get(3), ways.get(4)),
                equal(ways.get(5), ways.get(6)),
                equal(ways.get(7), ways.get(8)),
                different(ways.get(0), ways.get(3)),
                different(ways.get(0), ways.get(5)),
                different(ways.get(0), ways.get(7)),
                Expectation.atLeast("least test accuracy", least, 0.9));
    }

    private static Expectation equal(Way one, Way other) {
        double ofLosses = Distance.largest(one.losses(), other.losses());
        double difference = Math.max(ofLosses, Distance.largest(one.parameters(), other.parameters()));
        return Expectation.atMost(one.name() + " = " + other.name() + ", difference", difference, ROUNDING);
    }

    private static Expectation different(Way one, Way other) {
        double difference = Distance.largest(one.parameters(), other.parameters());
        return Expectation.atLeast(one.name() + " is not " + other.name() + ", difference", difference, 1e-3);
    }

    private static XYChart chart(List<Way> ways) {
        XYChart chart = Charts.curves("Losses of one classifier: dashed on wide is equal", "step", "loss");
        for (int wide : List.of(0, 3, 5, 7)) {
            Charts.addWide(chart, ways.get(wide).name(), 1, ways.get(wide).losses());
            Charts.addDashed(
                    chart, ways.get(wide + 1).name(), 1, ways.get(wide + 1).losses());
        }
        return chart;
    }
}
