/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What oneDNN changes in a network, and what it gains: the result of {@link OneDnn#verify}.
 *
 * @param layers those that use it, in the order of a forward pass
 * @param difference between the network's gradients with all helpers and with built-in code: the largest of an element,
 *     divided by the largest element of the gradient
 * @param millis time of a pass that computes the gradient, median, in milliseconds
 * @param millisWithout the same without helpers, in the same library
 */
public record OneDnnReport(List<OneDnnLayer> layers, double difference, double millis, double millisWithout) {

    static final double TOLERANCE = 1e-4;

    /** Copies the list. */
    public OneDnnReport {
        layers = List.copyOf(layers);
    }

    /**
     * Returns the names of the layers that agree with built-in code and are faster by at least a twentieth, for {@link
     * OneDnn#keepOnly}.
     */
    public Set<String> good() {
        return layers.stream()
                .filter(layer -> layer.agrees() && layer.isFaster())
                .map(OneDnnLayer::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Tells whether all layers and the whole gradient agree with built-in code. */
    public boolean agrees() {
        return difference <= TOLERANCE && layers.stream().allMatch(OneDnnLayer::agrees);
    }

    /** Returns a table: a layer to a line, and the whole. */
    @Override
    public String toString() {
        String line = "%-20s %-24s %10.1e %10.3f %14.3f  %s%n";
        String rows = layers.stream()
                .map(layer -> String.format(
                        Locale.ROOT,
                        line,
                        layer.name(),
                        layer.type(),
                        layer.difference(),
                        layer.millis(),
                        layer.millisWithout(),
                        remark(layer)))
                .collect(Collectors.joining());
        return String.format(
                        Locale.ROOT, "%-20s %-24s %10s %10s %14s%n", "layer", "type", "difference", "ms", "ms without")
                + rows
                + String.format(Locale.ROOT, line, "all", "gradient", difference, millis, millisWithout, remark());
    }

    private String remark() {
        return Double.isFinite(difference)
                        && difference > TOLERANCE
                        && layers.stream().allMatch(OneDnnLayer::agrees)
                ? "differs, though each layer agrees: rounding grew on its way through the layers; try another batch"
                : "";
    }

    private static String remark(OneDnnLayer layer) {
        if (!Double.isFinite(layer.difference()) && !Double.isFinite(layer.differenceWithout())) {
            return "not finite: look at the batch and the parameters";
        }
        if (layer.agrees()) {
            return layer.isFaster() ? "" : "not faster";
        }
        return layer.differenceWithout() <= TOLERANCE
                ? "differs: not to be kept"
                : "differs, also without its helper: Nd4j.getEnvironment().allowHelpers(false) helps";
    }
}
