/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Calls initializers the way DL4J does: on a view into a longer array of parameters. */
final class Filled {

    /** Fans that no shape here has: an initializer that used them would be seen. */
    static final double WRONG_FAN = 1e6;

    private static final double POISON = -777;
    private static final int MARGIN = 5;

    private Filled() {}

    /** The weights that the initializer makes after the generator got the seed, as DOUBLE. */
    static INDArray with(long seed, IWeightInit initializer, long... shape) {
        return with(seed, initializer, DataType.DOUBLE, shape.length == 2 ? 'f' : 'c', shape)
                .castTo(DataType.DOUBLE);
    }

    /** The same in a given type and order; asserts that the view is filled, and only the view. */
    static INDArray with(long seed, IWeightInit initializer, DataType type, char order, long... shape) {
        Nd4j.getRandom().setSeed(seed);
        return next(initializer, type, order, shape);
    }

    /** The same, with the generator as it stands. */
    static INDArray next(IWeightInit initializer, DataType type, char order, long... shape) {
        long length = ArrayUtil.prodLong(shape);
        INDArray all = Nd4j.valueArrayOf(new long[] {length + 2 * MARGIN}, POISON, type);
        double poison = all.getDouble(0);
        INDArray view = all.get(NDArrayIndex.interval(MARGIN, MARGIN + length));
        long[] given = shape.clone();
        INDArray weights = initializer.init(WRONG_FAN, WRONG_FAN, given, order, view);
        assertThat(given).as("the caller's shape").isEqualTo(shape);
        assertThat(weights.shape()).as("shape").isEqualTo(shape);
        assertThat(weights.dataType()).as("type").isEqualTo(type);
        double[] flat = all.castTo(DataType.DOUBLE).toDoubleVector();
        for (int i = 0; i < MARGIN; i++) {
            assertThat(flat[i]).as("left neighbor").isEqualTo(poison);
            assertThat(flat[flat.length - 1 - i]).as("right neighbor").isEqualTo(poison);
        }
        double[] inside = Arrays.copyOfRange(flat, MARGIN, flat.length - MARGIN);
        assertThat(inside).as("poison").doesNotContain(poison);
        assertThat(weights.dup(order)
                        .reshape(order, new long[] {length})
                        .castTo(DataType.DOUBLE)
                        .toDoubleVector())
                .as("the view, read in the given order, is the result")
                .isEqualTo(inside);
        weights.assign(3);
        assertThat(view.castTo(DataType.DOUBLE).toDoubleVector())
                .as("the result is a view")
                .containsOnly(3);
        weights.assign(Nd4j.createFromArray(inside).reshape(order, shape));
        return weights;
    }
}
