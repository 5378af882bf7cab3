/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Fills a tensor with 0, 1, 2, ... in 'c' order, so that every element tells where it was put. */
record Counting() implements IWeightInit {

    @Override
    public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray paramView) {
        INDArray weights = paramView.reshape(order, true, shape);
        weights.assign(Nd4j.arange((double) paramView.length()).reshape('c', shape));
        return weights;
    }
}
