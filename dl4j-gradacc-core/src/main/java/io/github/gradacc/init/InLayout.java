/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Objects;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * An initialiser for weights in a {@link Layout}; made by {@link Layout#of}.
 *
 * <p>The wrapped initialiser fills a temporary array of the standard shape and gets that shape's {@link Fans} in place of
 * DL4J's two numbers. Value semantics; safe for use by several threads if the wrapped one is.
 *
 * @param layout how the weights lie in their tensor
 * @param initializer what fills them
 */
public record InLayout(
        @JsonProperty("layout") Layout layout,
        @JsonProperty("initializer") IWeightInit initializer) implements IWeightInit {

    /** Checks that nothing is missing. */
    @JsonCreator
    public InLayout {
        Objects.requireNonNull(layout, "layout");
        Objects.requireNonNull(initializer, "initializer");
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        WeightView weights = new WeightView(shape, order, paramView);
        if (shape.length == 2 && layout == Layout.ATTENTION) {
            return weights.assign(standard(shape, paramView));
        }
        if (shape.length != layout.rank()) {
            throw Checks.shape(
                    "Layout." + layout + " needs weights of " + layout.rank() + " dimensions",
                    shape,
                    "Use the layout of this layer, or none");
        }
        return weights.assign(layout.fill(shape, part -> standard(part, paramView)));
    }

    private INDArray standard(long[] shape, INDArray like) {
        Fans fans = Fans.of(shape);
        INDArray flat = Nd4j.createUninitialized(like.dataType(), ArrayUtil.prodLong(shape));
        return initializer.init(fans.in(), fans.out(), shape, 'c', flat);
    }
}
