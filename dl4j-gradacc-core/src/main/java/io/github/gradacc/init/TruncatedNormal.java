/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Normal weights between bounds: {@code w ~ N(mean, std^2)} given that {@code lower <= w <= upper};
 * {@code torch.nn.init.trunc_normal_}.
 *
 * <p>As in torch the bounds are absolute values, not numbers of standard deviations, and {@code std} is that of the
 * normal distribution before it is cut: between -2 std and 2 std the weights have 0.87962566103423978 std. (Keras
 * divides by that number; DL4J's {@code VAR_SCALING_NORMAL_*} cut there without correcting for it.)
 *
 * <p>torch inverts the distribution function, which loses all digits in a far tail. Here the weights are drawn by
 * rejection, exact for any bounds; see {@code TruncatedGaussian}. Any shape. Value semantics; safe for use by several
 * threads.
 *
 * @param mean the mean of the normal distribution, finite; it need not lie between the bounds
 * @param std its standard deviation, finite and above 0
 * @param lower the lower bound; may be negative infinity
 * @param upper the upper bound, not below {@code lower}; may be infinity
 */
public record TruncatedNormal(
        @JsonProperty(value = "mean", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double mean,

        @JsonProperty(value = "std", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double std,

        @JsonProperty(value = "lower", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double lower,

        @JsonProperty(value = "upper", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double upper)
        implements IWeightInit {

    /** Checks the numbers. */
    @JsonCreator
    public TruncatedNormal {
        Checks.finite("mean", mean);
        if (!(std > 0 && std < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "std must be finite and above 0, got " + std + ". For equal weights use Constant");
        }
        Checks.ordered(lower, upper);
        if (lower == Double.POSITIVE_INFINITY || upper == Double.NEGATIVE_INFINITY) {
            throw new IllegalArgumentException(
                    "There must be numbers between the bounds, got lower = " + lower + ", upper = " + upper);
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
            var standard = new TruncatedGaussian((lower - mean) / std, (upper - mean) / std, Draws.next());
            // Rounding must not step over a bound.
            weights.fill(() -> Math.max(lower, Math.min(upper, mean + std * standard.next())));
        });
    }
}
