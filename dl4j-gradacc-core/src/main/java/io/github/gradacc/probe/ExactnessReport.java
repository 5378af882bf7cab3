/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.dl4j.Network;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Names everything in a network that makes the gradient of a window differ from the sum of the gradients of its
 * micro-batches.
 *
 * <p>An empty report means that training by accumulation and on the big batch are equal up to rounding. Everything in
 * the configuration that runs in a pass is looked at: layers and vertices, what is inside of them, and each
 * preprocessor, activation function, loss, dropout and weight noise they hold. Code that was not examined, such as a
 * user's own classes, is reported as unknown. Layers inside a {@code FrozenLayer} run as in inference, without noise
 * and statistics of their batch; inside a {@code FrozenLayerWithBackprop} both are in the gradient that goes on to
 * trained layers below, and are reported where there are any. The report reads configurations only: it runs nothing and
 * changes nothing. {@link #measure(MultiLayerNetwork, DataSet)} makes the experiment.
 *
 * @param findings the reasons, in the order of the layers of a forward pass
 */
public record ExactnessReport(List<ExactnessFinding> findings) {

    /** Copies the list. */
    public ExactnessReport {
        findings = List.copyOf(findings);
    }

    /**
     * Inspects a network.
     *
     * @param network an initialized network, not changed
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static ExactnessReport of(MultiLayerNetwork network) {
        return of(Network.of(network));
    }

    /**
     * Inspects a graph.
     *
     * @param graph an initialized graph, not changed
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static ExactnessReport of(ComputationGraph graph) {
        return of(Network.of(graph));
    }

    /**
     * Tries it: computes the gradient of a batch whole and in parts (halves, thirds and, up to 32 examples, one by
     * one), and compares them.
     *
     * <p>The passes are the trainer's, in a copy of the network in DOUBLE, over whole sequences; the network, its
     * random numbers included, is not changed. Where the report names {@link ExactnessFinding.Cause#NOISE noise}, each
     * part draws other numbers, and the differences show these. What a batch does not provoke, it does not show: give
     * one like those of the training, with its masks, of a dozen examples or so. Parts whose pass fails, as on a single
     * example, are named with the reason, while the others are compared.
     *
     * @param network an initialized network with an output layer, not changed
     * @param data features and labels, with at least 2 examples (dimension 0), not changed; in any floating-point type
     * @throws IllegalArgumentException if an argument is null, or the data is incomplete, has a single example, holds
     *     NaN or infinity, or has not one array for each input and output with the same number of examples
     * @throws IllegalStateException if the network is not initialized or cannot be trained, if its configuration cannot
     *     be copied by way of JSON, if the pass over the whole batch fails, as on arrays of other shapes, or if all
     *     others do; the message says why
     */
    public static ExactnessMeasurement measure(MultiLayerNetwork network, DataSet data) {
        return ExactnessExperiment.measure(Network.of(network), data == null ? null : data.toMultiDataSet());
    }

    /** As {@link #measure(MultiLayerNetwork, DataSet)}, for a multi data set. */
    public static ExactnessMeasurement measure(MultiLayerNetwork network, MultiDataSet data) {
        return ExactnessExperiment.measure(Network.of(network), data);
    }

    /** As {@link #measure(MultiLayerNetwork, DataSet)}, for a graph with one input and one output. */
    public static ExactnessMeasurement measure(ComputationGraph graph, DataSet data) {
        return ExactnessExperiment.measure(Network.of(graph), data == null ? null : data.toMultiDataSet());
    }

    /** As {@link #measure(MultiLayerNetwork, DataSet)}, for a graph. */
    public static ExactnessMeasurement measure(ComputationGraph graph, MultiDataSet data) {
        return ExactnessExperiment.measure(Network.of(graph), data);
    }

    private static ExactnessReport of(Network network) {
        Stream<ExactnessFinding> untrainable = network.outputWithoutLoss().stream()
                .map(output -> new ExactnessFinding(
                        output.name(),
                        ExactnessFinding.Cause.NOT_TRAINABLE,
                        output.type(),
                        "is an output of the network and no output layer (OutputLayer, RnnOutputLayer, LossLayer, ...):"
                                + " there is no loss, so neither fit nor accumulation can train it"));
        Stream<ExactnessFinding> inLayers =
                network.layers().stream().flatMap(layer -> LayerInspection.of(layer, network).stream());
        return new ExactnessReport(Stream.concat(untrainable, inLayers).toList());
    }

    /**
     * Tells whether accumulation equals the big batch up to rounding.
     *
     * @return true if there is no finding
     */
    public boolean isExact() {
        return findings.isEmpty();
    }

    /** Returns the findings, one to a line. */
    @Override
    public String toString() {
        return isExact()
                ? "Accumulated micro-batches equal the big batch up to rounding."
                : findings.stream()
                        .map(ExactnessFinding::toString)
                        .collect(Collectors.joining(System.lineSeparator(), title() + System.lineSeparator(), ""));
    }

    private String title() {
        boolean isKnown = findings.stream().anyMatch(finding -> finding.cause() != ExactnessFinding.Cause.UNKNOWN_CODE);
        return "Accumulated micro-batches " + (isKnown ? "differ" : "may differ") + " from the big batch:";
    }
}
