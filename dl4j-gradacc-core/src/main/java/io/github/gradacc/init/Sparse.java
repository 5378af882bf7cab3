/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Arrays;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Normal weights, a share of them 0: {@code torch.nn.init.sparse_} (Martens 2010, "Deep learning via Hessian-free
 * optimization", section 5).
 *
 * <p>{@code w ~ N(0, std^2)}; then, for each input unit, {@code ceil(sparsity nOut)} of its {@code nOut} outgoing
 * weights, chosen at random, are 0. In torch's [nOut, nIn] these are the columns, in DL4J's [nIn, nOut] the rows. The
 * product is computed in double precision and rounded up as it is: 0.07 of 100 is 8, as in torch.
 *
 * <p>Matrices only. Value semantics; safe for use by several threads.
 *
 * @param sparsity the share of zeros, at least 0 and below 1
 * @param std the standard deviation of the others, finite, at least 0; torch's default is 0.01
 */
public record Sparse(
        @JsonProperty(value = "sparsity", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double sparsity,

        @JsonProperty(value = "std", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double std)
        implements IWeightInit {

    /** Checks the numbers. */
    @JsonCreator
    public Sparse {
        if (!(sparsity >= 0 && sparsity < 1)) {
            throw new IllegalArgumentException("sparsity must be at least 0 and below 1, got " + sparsity);
        }
        Checks.deviation(std);
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
            throw Checks.shape("Sparse needs a matrix", shape, "Use Normal, or Dirac for a convolution");
        }
        int inputs = Math.toIntExact(shape[0]);
        int outputs = Math.toIntExact(shape[1]);
        int zeros = (int) Math.ceil(sparsity * outputs);
        Draws draws = Draws.next();
        int[] units = new int[outputs];
        Arrays.setAll(units, i -> i);
        double[][] weights = new double[inputs][outputs];
        for (double[] outgoing : weights) {
            Arrays.setAll(outgoing, i -> std * draws.normal());
            for (int i = 0; i < zeros; i++) {
                int other = i + draws.below(outputs - i);
                int unit = units[other];
                units[other] = units[i];
                units[i] = unit;
                outgoing[unit] = 0;
            }
        }
        return Nd4j.createFromArray(weights);
    }
}
