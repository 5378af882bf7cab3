/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.function.Function;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Where the values of tensors of standard shape, matrices [nIn, nOut] and convolutions [nOut, nIn, k...], go in others. */
@FunctionalInterface
interface Arrangement {

    /**
     * Makes weights in this arrangement.
     *
     * @param shape the shape of the weights, of the rank that this arrangement takes
     * @param standard makes weights of the given, standard shape
     * @return weights of the given shape
     */
    INDArray fill(long[] shape, Function<long[], INDArray> standard);

    /**
     * Makes weights in this arrangement.
     *
     * @param initializer fills the standard shapes, and gets their fans in place of DL4J's two numbers
     * @return a new array of the given shape
     */
    default INDArray draw(IWeightInit initializer, DataType type, long... shape) {
        return fill(shape, part -> standard(initializer, type, 'c', part));
    }

    /**
     * Makes weights of a standard shape.
     *
     * @param initializer gets the fans of the shape; NaN for vectors, which have none
     * @return a new array of the given shape
     */
    static INDArray standard(IWeightInit initializer, DataType type, char order, long... shape) {
        boolean hasFans = shape.length >= 2;
        INDArray flat = Nd4j.createUninitialized(type, ArrayUtil.prodLong(shape));
        return initializer.init(
                hasFans ? Fans.of(shape).in() : Double.NaN,
                hasFans ? Fans.of(shape).out() : Double.NaN,
                shape,
                order,
                flat);
    }
}
