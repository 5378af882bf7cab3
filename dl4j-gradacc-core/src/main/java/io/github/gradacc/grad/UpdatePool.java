/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Combines slices of a gradient array that hold updates: amounts that are subtracted from parameters as they are, such as
 * the change of a moving average.
 *
 * <p>The sum of such updates over micro-batches would move the parameter too far; each kind of update has a rule of its
 * own for what a window of micro-batches means. A pool sees every micro-batch of a window in order. For a window of one
 * micro-batch the rules give that micro-batch's update.
 *
 * <p>What the weights mean is for the implementation to say. Implementations are not thread-safe.
 */
public interface UpdatePool {

    /** Returns the ranges of the flattened array that this pool combines. */
    List<IndexRange> ranges();

    /**
     * Takes in the updates of one micro-batch.
     *
     * @param flat flattened gradient array, rank 1; what is needed is copied
     * @param weights how much of the window this micro-batch is
     */
    void add(INDArray flat, double[] weights);

    /**
     * Writes the update of the window into this pool's ranges.
     *
     * @param flat flattened gradient array, rank 1
     */
    void writeTo(INDArray flat);

    /** Forgets what was added, for the next window. */
    void clear();
}
