/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * All slices of a gradient array that hold updates rather than gradients, with the pools that combine them.
 *
 * @param pools the pools, disjoint in their ranges; may be empty
 */
public record UpdateViews(List<UpdatePool> pools) {

    /** The views of a network in which every element of the gradient array is a gradient. */
    public static final UpdateViews NONE = new UpdateViews(List.of());

    /** Copies the list. */
    public UpdateViews {
        pools = List.copyOf(pools);
    }

    /** Returns the ranges of all pools. */
    public List<IndexRange> ranges() {
        return pools.stream().flatMap(pool -> pool.ranges().stream()).toList();
    }

    void add(INDArray flat, List<double[]> weights) {
        for (int i = 0; i < pools.size(); i++) {
            pools.get(i).add(flat, weights.get(i));
        }
    }

    void writeTo(INDArray flat) {
        pools.forEach(pool -> pool.writeTo(flat));
    }

    void clear() {
        pools.forEach(UpdatePool::clear);
    }
}
