/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Equal weights: {@code torch.nn.init.constant_}, and {@code zeros_} and {@code ones_} with 0 and 1.
 *
 * <p>Any shape. Not for hidden layers: units that start equal stay equal. Value semantics; safe for use by several
 * threads.
 *
 * @param value the value, finite
 */
public record Constant(
        @JsonProperty(value = "value", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double value) implements IWeightInit {

    /** Checks the value. */
    @JsonCreator
    public Constant {
        Checks.finite("value", value);
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> weights.fill(() -> value));
    }
}
