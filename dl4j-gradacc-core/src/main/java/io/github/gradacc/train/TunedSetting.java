/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.OptionalInt;

/** What was found to be fast and to fit into memory, for {@link GradientAccumulationTrainer.Builder#tuned}. */
public interface TunedSetting {

    /** Returns the most examples of a micro-batch; empty to leave batches whole. */
    OptionalInt microBatchSize();

    /** Returns how many micro-batches are computed side by side, at least 1. */
    int parallelism();
}
