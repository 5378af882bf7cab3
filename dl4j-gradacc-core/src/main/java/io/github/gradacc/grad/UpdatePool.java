/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Combines the updates of one window by an {@link UpdateRule}. It sees every micro-batch of the window in order.
 *
 * <p>What the weights mean is for the rule to say. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public interface UpdatePool {

    /**
     * Takes in the updates of one micro-batch.
     *
     * @param flat flattened gradient array, rank 1; what is needed is copied
     * @param weights how much of the window this micro-batch is
     */
    void add(INDArray flat, double[] weights);

    /**
     * Writes the update of the window into the rule's ranges.
     *
     * @param flat flattened gradient array, rank 1
     */
    void writeTo(INDArray flat);

    /** Returns all numbers that it holds, copied, for {@link #restore}. */
    List<double[]> state();

    /**
     * Goes on where another pool of the same rule was.
     *
     * @param state what that returned; copied
     */
    void restore(List<double[]> state);

    /**
     * Takes in what another pool of the same rule took in, as if its micro-batches had come after those of this one.
     *
     * @param state what the other one's {@link #state()} returned
     * @param microBatches how many micro-batches it saw, at least 1
     */
    void merge(List<double[]> state, int microBatches);
}
