/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossBce;
import io.github.gradacc.probe.ExactnessFinding;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;

/**
 * Does accumulating micro-batches equal the big batch when the loss is binary cross-entropy? The same network takes the
 * same number of steps on the same 32 examples in five ways, and the first four agree:
 *
 * <pre>
 *   (a) the whole batch                          DL4J's fit
 *   (b) 4 parts of 8, weighted by n_i / N        by hand: the gradient of the weighted sum of the parts' losses
 *   (c) 8 parts of 4, accumulated                the trainer
 *   (d) 13 + 13 + 6, accumulated                 the trainer, which weights by n_i / N
 *   (e) 13 + 13 + 6, weighted by 1/3             by hand, the wrong way: every example of the last part counts double
 * </pre>
 *
 * <p>With batch normalization (c) differs from (a) as well, and {@link ExactnessReport} says so beforehand.
 */
@Command(description = "BCE: the whole batch, weighted parts, accumulated parts, and the wrong way; then batch norm.")
final class AccumulationEqualsBigBatch extends Experiment {

    static final int EXAMPLES = 32;
    static final int STEPS = 20;

    private static final int CHANNELS = 3;
    private static final int SIDE = 8;
    private static final int OUTPUTS = 5;
    private static final double RATE = 0.001;

    /** Sums of the same 32 numbers in another order, 20 times. */
    private static final double ROUNDING = 1e-13;

    /** What the chart shows where there is no difference at all. */
    private static final double LEAST = 1e-18;

    /** What nobody takes for rounding. */
    private static final double DIFFERENT = 1e-6;

    /**
     * How one way went.
     *
     * @param name to print
     * @param losses the loss of the 32 examples before each step, as this way computes it
     * @param parameters all parameters after each step; copies
     */
    record Way(String name, List<Double> losses, List<INDArray> parameters) {

        INDArray last() {
            return parameters.get(parameters.size() - 1);
        }

        double checksum() {
            return last().sumNumber().doubleValue();
        }

        /** The largest difference to a parameter of the other way, after each step. */
        List<Double> distances(Way other) {
            return IntStream.range(0, parameters.size())
                    .mapToObj(i -> Distance.largest(parameters.get(i), other.parameters.get(i)))
                    .toList();
        }

        double lossDifference(Way other) {
            return Math.abs(losses.get(losses.size() - 1) - other.losses.get(losses.size() - 1));
        }
    }

    /** A step of one way, which returns its loss. */
    @FunctionalInterface
    private interface Step {
        double take(MultiLayerNetwork network);
    }

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        DataSet data = data();
        List<Way> ways = ways(data);
        paper.print(table(ways));
        paper.draw(chart(ways));
        List<Expectation> expectations = new ArrayList<>(expectations(ways));
        expectations.addAll(batchNormalization(paper, data));
        return expectations;
    }

    /** Images [32, 3, 8, 8], and labels [32, 5] that ask whether a channel's corner is bright. */
    static DataSet data() {
        Nd4j.getRandom().setSeed(1);
        INDArray images = Nd4j.randn(DataType.DOUBLE, EXAMPLES, CHANNELS, SIDE, SIDE);
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, OUTPUTS);
        for (int i = 0; i < EXAMPLES; i++) {
            for (int j = 0; j < OUTPUTS; j++) {
                labels.putScalar(i, j, images.getDouble(i, j % CHANNELS, j, j) > 0 ? 1 : 0);
            }
        }
        return new DataSet(images, labels);
    }

    static List<Way> ways(DataSet data) {
        return List.of(
                way("(a) whole batch", network -> {
                    network.fit(data);
                    return network.score();
                }),
                way("(b) 4 x 8, weighted by n/N", network -> byHand(network, parts(data, 8, 8, 8, 8), false)),
                way("(c) 8 x 4, accumulated", network -> accumulate(network, parts(data, 4, 4, 4, 4, 4, 4, 4, 4))),
                way("(d) 13 + 13 + 6, accumulated", network -> accumulate(network, parts(data, 13, 13, 6))),
                way("(e) 13 + 13 + 6, unweighted", network -> byHand(network, parts(data, 13, 13, 6), true)));
    }

    private static Way way(String name, Step step) {
        MultiLayerNetwork network = network(false);
        List<Double> losses = new ArrayList<>();
        List<INDArray> parameters = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            losses.add(step.take(network));
            parameters.add(network.params().dup());
        }
        return new Way(name, losses, parameters);
    }

    private static double accumulate(MultiLayerNetwork network, List<DataSet> parts) {
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(parts.size())
                .build()) {
            parts.forEach(trainer::accumulate);
        }
        return network.score();
    }

    /** A loop without the library: the mean gradient of each part, weighted and added up, then a step of SGD. */
    private static double byHand(MultiLayerNetwork network, List<DataSet> parts, boolean unweighted) {
        INDArray sum = Nd4j.zeros(DataType.DOUBLE, network.numParams());
        double loss = 0;
        for (DataSet part : parts) {
            int examples = part.numExamples();
            double weight = unweighted ? 1.0 / parts.size() : (double) examples / EXAMPLES;
            network.setInput(part.getFeatures());
            network.setLabels(part.getLabels());
            network.computeGradientAndScore();
            // DL4J leaves the sum over the examples here, and divides by their number later.
            sum.addi(network.getFlattenedGradients().mul(weight / examples).reshape(network.numParams()));
            loss += weight * network.score();
        }
        network.params().subi(sum.muli(RATE));
        return loss;
    }

    private static List<DataSet> parts(DataSet data, int... sizes) {
        List<DataSet> parts = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            parts.add((DataSet) data.getRange(from, from + size));
            from += size;
        }
        return parts;
    }

    static MultiLayerNetwork network(boolean batchNormalization) {
        ListBuilder layers = new NeuralNetConfiguration.Builder()
                .seed(12345)
                // In FLOAT, rounding alone would make a difference of about 1e-6.
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(RATE))
                .convolutionMode(ConvolutionMode.Same)
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3)
                        .nOut(10)
                        .activation(Activation.IDENTITY)
                        .build());
        if (batchNormalization) {
            layers.layer(new BatchNormalization());
        }
        layers.layer(new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
                        .build())
                .layer(new ActivationLayer(Activation.RELU))
                .layer(new OutputLayer.Builder(new LossBce())
                        .nOut(OUTPUTS)
                        .activation(Activation.SIGMOID)
                        .build())
                .setInputType(InputType.convolutional(SIDE, SIDE, CHANNELS));
        MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
        network.init();
        return network;
    }

    private static Table table(List<Way> ways) {
        Table table = new Table("way", "loss of step " + STEPS, "sum of parameters", "largest difference to (a)");
        Way whole = ways.get(0);
        for (Way way : ways) {
            table.row(
                    way.name(),
                    Table.number("%.15f", way.losses().get(STEPS - 1)),
                    Table.number("%.13f", way.checksum()),
                    Table.number("%.1e", way.distances(whole).get(STEPS - 1)));
        }
        return table;
    }

    /** That (b), (c) and (d) are (a), and (e) is not. */
    static List<Expectation> expectations(List<Way> ways) {
        Way whole = ways.get(0);
        List<Expectation> expectations = new ArrayList<>();
        for (Way way : ways.subList(1, ways.size() - 1)) {
            double difference = Math.max(Distance.largest(way.last(), whole.last()), way.lossDifference(whole));
            expectations.add(Expectation.atMost(way.name() + ", difference to (a)", difference, ROUNDING));
        }
        Way wrong = ways.get(ways.size() - 1);
        double difference = Math.min(Distance.largest(wrong.last(), whole.last()), wrong.lossDifference(whole));
        expectations.add(Expectation.atLeast(wrong.name() + ", difference to (a)", difference, DIFFERENT));
        return expectations;
    }

    /** The same question for a network with batch normalization, after one step. */
    private static List<Expectation> batchNormalization(Paper paper, DataSet data) {
        MultiLayerNetwork whole = network(true);
        whole.fit(data);
        MultiLayerNetwork accumulated = network(true);
        accumulate(accumulated, parts(data, 4, 4, 4, 4, 4, 4, 4, 4));
        Map<String, Double> differences = new LinkedHashMap<>();
        whole.paramTable()
                .forEach((name, value) -> differences.put(
                        name,
                        Distance.largest(
                                value.ravel(), accumulated.getParam(name).ravel())));

        paper.print("");
        paper.print("With batch normalization behind the convolution, after one step:");
        Table table = new Table("parameter", "(c) differs from (a) by");
        differences.forEach((name, difference) -> table.row(name, Table.number("%.1e", difference)));
        paper.print(table);
        paper.print("ExactnessReport says: " + ExactnessReport.of(whole));
        return batchNormalizationExpectations(
                differences, ExactnessReport.of(network(false)), ExactnessReport.of(whole));
    }

    /** The running statistics, parameters of layer 1 that are no gradients, are pooled; the gradients differ. */
    static List<Expectation> batchNormalizationExpectations(
            Map<String, Double> differences, ExactnessReport without, ExactnessReport with) {
        double statistics = Math.max(
                differences.getOrDefault("1_mean", Double.NaN), differences.getOrDefault("1_log10stdev", Double.NaN));
        return List.of(
                Expectation.atMost("difference of the running mean and deviation", statistics, ROUNDING),
                Expectation.atLeast(
                        "difference of the weights of the convolution",
                        differences.getOrDefault("0_W", Double.NaN),
                        DIFFERENT),
                Expectation.equal("ExactnessReport: exact without batch normalization", without.isExact(), true),
                Expectation.equal(
                        "ExactnessReport: layers that are not exact",
                        with.findings().stream()
                                .map(ExactnessFinding::layer)
                                .distinct()
                                .toList(),
                        List.of("1")));
    }

    private static XYChart chart(List<Way> ways) {
        XYChart chart = Charts.curves(
                "Distance from training on the whole batch", "steps before", "largest difference of a parameter");
        chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(LEAST).setYAxisMax(1e-2);
        chart.getStyler().setPlotGridLinesVisible(false);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        for (Way way : ways.subList(1, ways.size())) {
            // Where there is no difference at all, a logarithmic axis has no place for it.
            List<Double> visible = way.distances(ways.get(0)).stream()
                    .map(distance -> Math.max(distance, LEAST))
                    .toList();
            Charts.add(chart, way.name(), 1, visible);
        }
        return chart;
    }
}
