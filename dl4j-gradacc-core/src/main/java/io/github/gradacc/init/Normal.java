/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Normal weights, {@code w ~ N(mean, std^2)}: {@code torch.nn.init.normal_}.
 *
 * <p>Any shape. Not for deep networks: the variance does not depend on the fans, as it does in {@link XavierNormal} and
 * {@link KaimingNormal}. DL4J's {@code WeightInitNormal} is something else, N(0, 1/fanIn). Value semantics; safe for
 * use by several threads.
 *
 * @param mean the mean, finite
 * @param std the standard deviation, finite, at least 0
 */
public record Normal(
        @JsonProperty(value = "mean", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double mean,

        @JsonProperty(value = "std", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double std)
        implements IWeightInit {

    /** Checks the numbers. */
    @JsonCreator
    public Normal {
        Checks.finite("mean", mean);
        Checks.deviation(std);
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
            weights.fill(() -> mean + std * draws.normal());
        });
    }
}
