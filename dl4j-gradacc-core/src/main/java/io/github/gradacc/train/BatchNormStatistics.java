/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.StatisticsPolicy;

/**
 * How the running mean and variance of batch normalization move in a window of several micro-batches.
 *
 * <p>Either way the normalization inside a forward pass uses the statistics of its micro-batch. That cannot match the
 * big batch; {@code ExactnessReport} says where it matters.
 */
public enum BatchNormStatistics {
    /** One update per step, from the mean and variance of the whole window: what the big batch would have done. */
    POOLED,

    /** One update per micro-batch, in order: what native training on the micro-batches would have done. */
    SEQUENTIAL;

    StatisticsPolicy policy() {
        return switch (this) {
            case POOLED -> StatisticsPolicy.POOLED;
            case SEQUENTIAL -> StatisticsPolicy.SEQUENTIAL;
        };
    }
}
