/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Names everything in a network that makes the gradient of a window differ from the sum of the gradients of its
 * micro-batches.
 *
 * <p>An empty report means that training by accumulation and on the big batch are equal up to rounding. Layers
 * inside a {@code FrozenLayer} run as at test time and are never a finding. Layers, losses, activation functions and
 * preprocessors that are not DL4J's own cannot be looked into and are reported as unknown.
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
     * @param network an initialized network, not changed
     * @throws IllegalStateException if it is not initialized
     */
    public static ExactnessReport of(MultiLayerNetwork network) {
        requireInitialized(network != null && network.isInitCalled());
        ExactnessReport report = of(Arrays.asList(network.getLayers()));
        return report.with(LayerInspection.ofPreprocessors(
                network.getLayerWiseConfigurations().getInputPreProcessors()));
    }

    /**
     * Inspects a graph.
     *
     * @param graph an initialized graph, not changed
     * @throws IllegalStateException if it is not initialized
     */
    public static ExactnessReport of(ComputationGraph graph) {
        requireInitialized(graph != null && graph.getLayers() != null);
        Map<String, InputPreProcessor> preprocessors = new LinkedHashMap<>();
        graph.getConfiguration().getVertices().forEach((name, vertex) -> {
            if (vertex instanceof LayerVertex layer && layer.getPreProcessor() != null) {
                preprocessors.put(name, layer.getPreProcessor());
            }
        });
        return of(Arrays.asList(graph.getLayers())).with(LayerInspection.ofPreprocessors(preprocessors));
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalStateException("An initialized network is needed: call its init() first");
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

    /** {@code FrozenLayerWithBackprop} is not: DL4J runs what it wraps in training mode. */
    private static boolean isFrozen(Layer layer) {
        return layer instanceof FrozenLayer;
    }

    private ExactnessReport with(List<ExactnessFinding> more) {
        List<ExactnessFinding> all = new ArrayList<>(findings);
        all.addAll(more);
        return new ExactnessReport(all);
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
