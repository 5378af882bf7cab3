/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Objects;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * An initializer for weights in a {@link Layout}; made by {@link Layout#of}.
 *
 * <p>The wrapped initializer fills a temporary array of the standard shape and gets that shape's {@link Fans} in place
 * of DL4J's two numbers. Value semantics; safe for use by several threads if the wrapped one is.
 *
 * @param layout the memory layout of the weights
 * @param initializer what fills them
 */
public record InLayout(
        @JsonProperty(value = "layout", required = true) Layout layout,

        @JsonProperty(value = "initializer", required = true)
        IWeightInit initializer)
        implements IWeightInit {

    /** Checks that nothing is missing and that there is only one layout. */
    @JsonCreator
    public InLayout {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(initializer, "initializer");
        if (initializer instanceof InLayout inner) {
            throw new IllegalArgumentException("Weights have one layout, got Layout." + layout + " of Layout."
                    + inner.layout() + ". Use Layout." + layout + ".of(" + inner.initializer() + ") or the other");
        }
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> {
            boolean matrixOfAttention = layout == Layout.ATTENTION && shape.length == 2;
            if (shape.length != layout.rank() && !matrixOfAttention) {
                throw Checks.shape(
                        "Layout." + layout + " needs weights of " + layout.rank() + " dimensions",
                        shape,
                        "Use the layout of this layer, or no layout");
            }
            weights.assign(StandardTensor.draw(initializer, weights.type(), layout.reorder(), shape));
        });
    }
}
