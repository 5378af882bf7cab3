/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Reorder;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.nn.weights.WeightInitConstant;
import org.deeplearning4j.nn.weights.WeightInitDistribution;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One tensor of weights of a built network.
 *
 * @param key DL4J's name of the parameter
 * @param view the weights, a view into the network's parameters
 * @param reorder their memory layout; empty for the standard shapes
 */
record LayerWeights(String key, INDArray view, Optional<Reorder> reorder) {

    /** DL4J's initializers that ask for no fans; its "constant", "ones" and "zero" are of one class. */
    private static final Set<Class<?>> WITHOUT_FANS = Set.of(WeightInitConstant.class, WeightInitDistribution.class);

    /**
     * Draws new weights without touching the old ones.
     *
     * @throws IllegalArgumentException if the initializer needs fans that the weights do not have, or makes a weight
     *     that is not finite
     */
    INDArray draw(IWeightInit initializer) {
        long[] shape = view.shape();
        // NaN fans do not make NaN weights: where ND4J 1.0.0-M2.1 is to multiply by NaN, it multiplies by 1e-5.
        boolean needsFans = LayerView.isDl4js(initializer) && !WITHOUT_FANS.contains(initializer.getClass());
        if (shape.length < 2 && needsFans) {
            throw Checks.shape(
                    initializer.getClass().getSimpleName() + " needs fans, which vectors do not have",
                    shape,
                    "Use an initializer that needs none, such as Normal");
        }
        INDArray fresh = reorder.map(layout -> StandardTensor.draw(initializer, view.dataType(), layout, shape))
                .orElseGet(() -> StandardTensor.draw(initializer, view.dataType(), view.ordering(), shape));
        if (!Finiteness.allFinite(fresh)) {
            throw Checks.shape(initializer + " makes weights that are not finite", shape, "Use another initializer");
        }
        return fresh;
    }
}
