/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * The identity of convolutions, {@code torch.nn.init.dirac_}: in each group, output channel {@code d} copies input
 * channel {@code d}, as far as both exist.
 *
 * <pre>
 *   w[g n + d, d, k_1 / 2, k_2 / 2, ...] = 1      for g &lt; groups, d &lt; min(n, nIn), n = nOut / groups
 *   all others 0
 * </pre>
 *
 * <p>The center is at k/2 in integer division, right of the middle for an even kernel; {@link DeltaOrthogonal} has (k -
 * 1)/2. Convolutions [nOut, nIn, k...] of 3 to 5 dimensions; a Convolution1D has shape [nOut, nIn, k, 1]. Through a
 * {@link Layout} it serves depthwise and separable convolutions. Value semantics; safe for use by several threads.
 *
 * @param groups the number of groups, at least 1; must divide the output channels
 */
public record Dirac(
        @JsonProperty(value = "groups", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int groups) implements IWeightInit {

    /** Checks the groups. */
    @JsonCreator
    public Dirac {
        if (groups < 1) {
            throw new IllegalArgumentException("groups must be at least 1, got " + groups);
        }
    }

    /**
     * {@inheritDoc}
     *
     * @return the view in the given shape, not a copy
     */
    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        return WeightView.write(shape, order, paramView, weights -> weights.assign(values(shape)));
    }

    private INDArray values(long... shape) {
        if (shape.length < 3 || shape.length > 5) {
            throw Checks.shape(
                    "Dirac needs a convolution of 3 to 5 dimensions", shape, "Use Eye for the identity of a matrix");
        }
        if (shape[0] % groups != 0) {
            throw Checks.shape(
                    "Dirac with " + groups + " groups needs output channels (dimension 0) that are a multiple of them",
                    shape,
                    "Use Dirac(1), or a number that divides them");
        }
        INDArray kernels = Nd4j.zeros(DataType.DOUBLE, shape);
        long perGroup = shape[0] / groups;
        long[] at = new long[shape.length];
        for (int i = 2; i < at.length; i++) {
            at[i] = shape[i] / 2;
        }
        for (int group = 0; group < groups; group++) {
            for (long d = 0; d < Math.min(perGroup, shape[1]); d++) {
                at[0] = group * perGroup + d;
                at[1] = d;
                kernels.putScalar(at, 1);
            }
        }
        return kernels;
    }
}
