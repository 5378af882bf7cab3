/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Convolutions that keep norms: zero but for the center of the kernel, which holds {@code gain} times a random matrix
 * with orthonormal columns (Xiao et al. 2018, "Dynamical isometry and a mean field theory of CNNs", section 2.4; in JAX
 * {@code delta_orthogonal}; torch has none).
 *
 * <pre>
 *   w[:, :, (k_1 - 1) / 2, (k_2 - 1) / 2, ...] = gain Q,   Q [nOut, nIn],  Q^T Q = I
 *   all others 0
 * </pre>
 *
 * <p>The center is at (k - 1)/2 in integer division, as in JAX. Convolutions [nOut, nIn, k...] of 3 to 5 dimensions
 * with no more inputs than outputs: a map to fewer channels cannot keep all norms. Value semantics; safe for use by
 * several threads.
 *
 * @param gain scales the weights, finite; see {@link Gain}
 */
public record DeltaOrthogonal(
        @JsonProperty(value = "gain", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double gain) implements IWeightInit {

    /** Checks the gain. */
    @JsonCreator
    public DeltaOrthogonal {
        Checks.finite("gain", gain);
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
                    "DeltaOrthogonal needs a convolution of 3 to 5 dimensions", shape, "Use Orthogonal for a matrix");
        }
        if (shape[1] > shape[0]) {
            throw Checks.shape(
                    "DeltaOrthogonal needs no more inputs (dimension 1) than outputs (dimension 0)",
                    shape,
                    "Use Orthogonal, or more output channels");
        }
        INDArray kernels = Nd4j.zeros(DataType.DOUBLE, shape);
        INDArrayIndex[] center = new INDArrayIndex[shape.length];
        center[0] = NDArrayIndex.all();
        center[1] = NDArrayIndex.all();
        for (int i = 2; i < center.length; i++) {
            center[i] = NDArrayIndex.point((shape[i] - 1) / 2);
        }
        INDArray matrix =
                RandomOrthogonal.draw(shape[0], shape[1], Draws.next()).muli(gain);
        kernels.get(center).assign(matrix);
        return kernels;
    }
}
