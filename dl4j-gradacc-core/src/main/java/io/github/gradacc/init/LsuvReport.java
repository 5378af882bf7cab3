/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What {@link NetworkInitializer#lsuv} reached.
 *
 * @param layers every layer with weights, in the order of the forward pass
 */
public record LsuvReport(List<LsuvLayer> layers) {

    /** Copies the list. */
    public LsuvReport {
        layers = List.copyOf(layers);
    }

    /** Returns whether every layer has unit variance within the tolerance. */
    public boolean reached() {
        return layers.stream().allMatch(LsuvLayer::reached);
    }

    /** Returns the layers that could not be scaled. */
    public List<LsuvLayer> notScaled() {
        return layers.stream().filter(layer -> !layer.scalable()).toList();
    }

    /** One line for each layer. */
    @Override
    public String toString() {
        return layers.stream().map(LsuvLayer::toString).collect(Collectors.joining("\n"));
    }
}
