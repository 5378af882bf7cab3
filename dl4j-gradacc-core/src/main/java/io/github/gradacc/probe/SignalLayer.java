/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The signal at the output of one layer, or of one vertex of a graph.
 *
 * @param name its name, or its index where it has none
 * @param type simple name of the class that configures it
 * @param output whether it has a loss: its activations are predictions, with a scale of their own
 * @param activations what leaves it in the forward pass
 * @param gradients the gradient with respect to its activations, of the losses summed over the examples: each example
 *     has the gradient of its own loss, whatever the batch size. Null where there is none: without labels, in layers
 *     with a loss, below frozen layers and below embeddings.
 */
public record SignalLayer(
        String name,
        String type,
        boolean output,
        Signal activations,
        @Nullable Signal gradients) {

    /** Refuses null where there must be a value. */
    public SignalLayer {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(activations, "activations");
    }
}
