/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which micro-batch size and how many workers are fastest within a limit on memory: measured on copies of a network.
 *
 * <p>Start at {@link io.github.gradacc.tune.MicroBatchTuner}. May import {@code train}, {@code pass} for random
 * streams, {@code dl4j} for copies of networks, and {@code array}.
 */
@NullMarked
package io.github.gradacc.tune;

import org.jspecify.annotations.NullMarked;
