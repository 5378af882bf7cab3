/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.array.Finiteness;
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
 * @param arrangement how they lie in it; empty for the standard shapes
 */
record LayerWeights(String key, INDArray view, Optional<Arrangement> arrangement) {

    private static final String DL4J = "org.deeplearning4j";

    /** DL4J's initializers that ask for no fans; its "constant", "ones" and "zero" are of one class. */
    private static final Set<Class<?>> WITHOUT_FANS = Set.of(WeightInitConstant.class, WeightInitDistribution.class);

    /**
     * Makes new weights without touching the old ones.
     *
     * @throws IllegalArgumentException if the initializer needs fans that the weights have not, or makes a weight that is not
     *     finite
     */
    INDArray draw(IWeightInit initializer) {
        long[] shape = view.shape();
        // NaN fans do not make NaN weights: where ND4J 1.0.0-M2.1 is to multiply by NaN, it multiplies by 1e-5.
        boolean needsFans =
                initializer.getClass().getName().startsWith(DL4J) && !WITHOUT_FANS.contains(initializer.getClass());
        if (shape.length < 2 && needsFans) {
            throw Checks.shape(
                    initializer.getClass().getSimpleName() + " needs fans, which vectors have not",
                    shape,
                    "Use an initializer without, such as Normal");
        }
        INDArray fresh = arrangement
                .map(arranged -> arranged.draw(initializer, view.dataType(), shape))
                .orElseGet(() -> Arrangement.standard(initializer, view.dataType(), view.ordering(), shape));
        if (!Finiteness.allFinite(fresh)) {
            throw Checks.shape(initializer + " makes weights that are not finite", shape, "Use another initializer");
        }
        return fresh;
    }
}
