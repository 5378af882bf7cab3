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
 * {@code gain} times the identity, {@code w_ij = gain} where {@code i = j} and 0 elsewhere: {@code torch.nn.init.eye_},
 * which has gain 1.
 *
 * <p>Matrices only, square or not. On a convolution {@link Dirac} is the identity. On an LSTM only the input gate would
 * get one. As the recurrent weights of a SimpleRnn it makes the IRNN of Le, Jaitly and Hinton 2015. Value semantics;
 * safe for use by several threads.
 *
 * @param gain the value on the diagonal, finite
 */
public record Eye(
        @JsonProperty(value = "gain", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double gain) implements IWeightInit {

    /** Checks the gain. */
    @JsonCreator
    public Eye {
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
        if (shape.length != 2) {
            throw Checks.shape("Eye needs a matrix", shape, "Use Dirac for the identity of a convolution");
        }
        INDArray matrix = Nd4j.zeros(DataType.DOUBLE, shape);
        for (long i = 0; i < Math.min(shape[0], shape[1]); i++) {
            matrix.putScalar(i, i, gain);
        }
        return matrix;
    }
}
