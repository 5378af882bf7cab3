/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.layers.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Names everything in a network that makes the gradient of a window differ from the sum of the gradients of its
 * micro-batches.
 *
 * <p>An empty report means that training by accumulation and on the big batch are equal up to rounding. Frozen layers run
 * as at test time and are never a finding. What is not DL4J's own code cannot be looked into and is reported as unknown.
 * The report reads configurations only: it runs nothing and changes nothing.
 *
 * @param findings the reasons, in the order of the layers
 */
public record ExactnessReport(List<ExactnessFinding> findings) {

    /** Copies the list. */
    public ExactnessReport {
        findings = List.copyOf(findings);
    }

    /**
     * Inspects a network.
     *
     * @param network an initialised network, not changed
     * @throws IllegalStateException if it is not initialised
     */
    public static ExactnessReport of(MultiLayerNetwork network) {
        requireInitialised(network.isInitCalled());
        return of(Arrays.asList(network.getLayers()));
    }

    /**
     * Inspects a graph.
     *
     * @param graph an initialised graph, not changed
     * @throws IllegalStateException if it is not initialised
     */
    public static ExactnessReport of(ComputationGraph graph) {
        requireInitialised(graph.getLayers() != null);
        return of(Arrays.asList(graph.getLayers()));
    }

    private static void requireInitialised(boolean initialised) {
        if (!initialised) {
            throw new IllegalStateException("The network is not initialised: call init() first");
        }
    }

    private static ExactnessReport of(List<Layer> layers) {
        List<ExactnessFinding> findings = new ArrayList<>();
        for (Layer layer : layers) {
            if (!isFrozen(layer)) {
                findings.addAll(LayerInspection.of(nameOf(layer), layer.conf().getLayer()));
            }
        }
        return new ExactnessReport(findings);
    }

    private static boolean isFrozen(Layer layer) {
        return layer instanceof FrozenLayer || layer instanceof FrozenLayerWithBackprop;
    }

    private static String nameOf(Layer layer) {
        String name = layer.conf().getLayer().getLayerName();
        return name == null ? String.valueOf(layer.getIndex()) : name;
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
