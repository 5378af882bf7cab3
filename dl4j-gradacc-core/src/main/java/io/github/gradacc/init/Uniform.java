/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Uniform weights, {@code w ~ U(lower, upper)}: {@code torch.nn.init.uniform_}.
 *
 * <p>Any shape. Not for deep networks: the variance does not depend on the fans, as it does in {@link XavierUniform}
 * and {@link KaimingUniform}. Value semantics; safe for use by several threads, each of which draws from its own ND4J
 * generator.
 *
 * @param lower the lower bound, finite
 * @param upper the upper bound, finite, not below {@code lower}
 */
public record Uniform(
        @JsonProperty(value = "lower", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double lower,

        @JsonProperty(value = "upper", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double upper)
        implements IWeightInit {

    /** Checks the bounds. */
    @JsonCreator
    public Uniform {
        Checks.finite("lower", lower);
        Checks.finite("upper", upper);
        Checks.ordered(lower, upper);
        Checks.finite("upper - lower", upper - lower);
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> {
            Draws draws = Draws.next();
            weights.fill(() -> draws.uniform(lower, upper));
        });
    }
}
