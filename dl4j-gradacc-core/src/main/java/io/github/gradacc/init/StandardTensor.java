/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.dl4j.Reorder;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Draws weights of standard shape, matrices [nIn, nOut] and convolutions [nOut, nIn, k...], with the fans of that shape
 * in place of DL4J's two numbers.
 */
final class StandardTensor {

    private StandardTensor() {}

    /**
     * Draws weights of a standard shape.
     *
     * @param initializer gets the fans of the shape; NaN for vectors, which have none
     * @return a new array of the given shape
     */
    static INDArray draw(IWeightInit initializer, DataType type, char order, long... shape) {
        boolean hasFans = shape.length >= 2;
        INDArray flat = Nd4j.createUninitialized(type, ArrayUtil.prodLong(shape));
        return initializer.init(
                hasFans ? Fans.of(shape).in() : Double.NaN,
                hasFans ? Fans.of(shape).out() : Double.NaN,
                shape,
                order,
                flat);
    }

    /**
     * Draws weights of standard shapes and moves them into another layout.
     *
     * @param shape the shape in that layout
     * @return a new array of the given shape
     */
    static INDArray draw(IWeightInit initializer, DataType type, Reorder reorder, long... shape) {
        return reorder.fill(shape, standard -> draw(initializer, type, 'c', standard));
    }
}
