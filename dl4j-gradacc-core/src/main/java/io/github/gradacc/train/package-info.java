/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The trainer: gradients of micro-batches are summed over a window, then one optimizer step is taken.
 *
 * <p>Four words are used throughout and never mixed. A <em>batch</em> is what the iterator yields. A
 * <em>micro-batch</em> is what one forward and backward pass sees. A <em>window</em> is the batches of one optimizer
 * step. A <em>step</em> is one update of the parameters, DL4J's iteration.
 *
 * <p>Start at {@link io.github.gradacc.train.GradientAccumulationTrainer}. May import {@code pass}, {@code batch},
 * {@code grad}, {@code store} and {@code array}.
 */
@NullMarked
package io.github.gradacc.train;

import org.jspecify.annotations.NullMarked;
