/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where a gradient array holds updates rather than gradients, and how those of several micro-batches combine.
 * Immutable, with value equality.
 *
 * <p>Updates are amounts that are subtracted from parameters as they are, such as the change of a moving average. Their
 * sum over micro-batches would move the parameter too far; each kind has a rule of its own. For a window of one
 * micro-batch every rule gives that micro-batch's update.
 */
@API(status = API.Status.INTERNAL)
public interface UpdateRule {

    /** Returns the ranges of the flattened array that hold the updates. */
    List<IndexRange> ranges();

    /**
     * Makes an empty pool for one window.
     *
     * @param parameters the network's flattened parameters, rank 1, at which the updates are computed; not copied
     */
    UpdatePool newPool(INDArray parameters);
}
