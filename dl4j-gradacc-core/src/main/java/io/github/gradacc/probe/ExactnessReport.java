/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.dl4j.Network;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Names everything in a network that makes the gradient of a window differ from the sum of the gradients of its
 * micro-batches.
 *
 * <p>An empty report means that training by accumulation and on the big batch are equal up to rounding. Layers inside a
 * {@code FrozenLayer} run as in inference and are never a finding. Layers, losses, activation functions and
 * preprocessors that are not DL4J's own cannot be looked into and are reported as unknown. The report reads
 * configurations only: it runs nothing and changes nothing.
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

    private static ExactnessReport of(Network network) {
        return new ExactnessReport(network.layers().stream()
                .flatMap(layer -> LayerInspection.of(layer).stream())
                .toList());
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
                        .collect(Collectors.joining(
                                System.lineSeparator(),
                                "Accumulated micro-batches differ from the big batch:" + System.lineSeparator(),
                                ""));
    }
}
