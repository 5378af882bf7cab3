/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Optional;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One tensor of weights of a built network.
 *
 * @param key DL4J's name of the parameter
 * @param view the weights, a view into the network's parameters
 * @param arrangement how they lie in it; empty for the standard shapes
 */
record LayerWeights(String key, INDArray view, Optional<Arrangement> arrangement) {

    /**
     * Makes new weights without touching the old ones.
     *
     * @throws IllegalArgumentException if the initialiser makes a weight that is not finite
     */
    INDArray draw(IWeightInit initializer) {
        long[] shape = view.shape();
        INDArray fresh = arrangement
                .map(arranged -> arranged.draw(initializer, view.dataType(), shape))
                .orElseGet(() -> Arrangement.standard(initializer, view.dataType(), view.ordering(), shape));
        if (fresh.isNaN().any() || fresh.isInfinite().any()) {
            throw Checks.shape(
                    initializer + " makes weights that are not finite",
                    shape,
                    shape.length < 2
                            ? "Vectors have no fans: use an initialiser without, such as Normal"
                            : "Use another initialiser");
        }
        return fresh;
    }
}
