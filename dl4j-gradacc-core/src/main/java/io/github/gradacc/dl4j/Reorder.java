/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.function.Function;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A reorder from standard memory layouts, matrices [nIn, nOut] and convolutions [nOut, nIn, k...], into that of a
 * layer.
 */
@FunctionalInterface
@API(status = API.Status.INTERNAL)
public interface Reorder {

    /**
     * Makes weights in the layer's layout.
     *
     * @param shape the shape of the weights, of the rank that this layout has
     * @param standard makes weights of the given, standard shape
     * @return weights of the given shape, a new array or a view of one
     */
    INDArray fill(long[] shape, Function<long[], INDArray> standard);
}
