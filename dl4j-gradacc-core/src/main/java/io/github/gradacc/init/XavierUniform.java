/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * {@code w ~ U(-b, b)} with {@code b = gain sqrt(6 / (in + out))}: {@code torch.nn.init.xavier_uniform_} (Glorot and
 * Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16).
 *
 * <p>{@code in} and {@code out} are {@link Fans#of} of the shape, at least two dimensions; the numbers that DL4J passes
 * are not used. For layers with ReLU use {@link KaimingUniform}. Value semantics; safe for use by several threads.
 *
 * @param gain scales the weights, finite; see {@link Gain}
 */
public record XavierUniform(
        @JsonProperty(value = "gain", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double gain) implements IWeightInit {

    /** Checks the gain. */
    @JsonCreator
    public XavierUniform {
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
            Fans fans = Fans.of(shape);
            double bound = Math.abs(gain) * Math.sqrt(6 / (fans.in() + fans.out()));
            Draws draws = Draws.next();
            weights.fill(() -> draws.uniform(-bound, bound));
        });
    }
}
