/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Objects;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * {@code w ~ N(0, s^2)} with {@code s = gain / sqrt(fan)}: {@code torch.nn.init.kaiming_normal_} (He et al. 2015,
 * "Delving deep into rectifiers", equations 10 and 14).
 *
 * <p>{@code fan} is one of {@link Fans#of} of the shape, at least two dimensions; the numbers that DL4J passes are not
 * used. torch's {@code nonlinearity} and {@code a} are given as the gain here: {@code Gain.calculate("leaky_relu", a)}.
 * Value semantics; safe for use by several threads.
 *
 * @param mode which fan
 * @param gain scales the weights, finite; see {@link Gain}
 */
public record KaimingNormal(
        @JsonProperty(value = "mode", required = true) FanMode mode,

        @JsonProperty(value = "gain", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double gain)
        implements IWeightInit {

    /** Checks the gain. */
    @JsonCreator
    public KaimingNormal {
        Objects.requireNonNull(mode, "mode");
        Checks.finite("gain", gain);
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> {
            double std = gain / Math.sqrt(mode.of(Fans.of(shape)));
            Draws draws = Draws.next();
            weights.fill(() -> std * draws.normal());
        });
    }
}
