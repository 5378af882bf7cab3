/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.MovingStatistics;
import io.github.gradacc.grad.PooledStatistics;
import io.github.gradacc.grad.SequentialStatistics;
import io.github.gradacc.grad.UpdatePool;

/** Makes the pool that combines the moving statistics of one normalizing layer. */
@FunctionalInterface
public interface StatisticsPolicy {

    /** One update from the whole window. */
    StatisticsPolicy POOLED = PooledStatistics::new;

    /** One update per micro-batch, in order. */
    StatisticsPolicy SEQUENTIAL = SequentialStatistics::new;

    /**
     * Makes an empty pool.
     *
     * @param at where the statistics are
     */
    UpdatePool poolFor(MovingStatistics at);
}
