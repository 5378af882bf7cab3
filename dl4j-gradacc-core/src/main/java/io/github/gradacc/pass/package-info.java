/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Execution of micro-batches: forward and backward passes, one by one or side by side, whose gradients are added to a
 * sum, with random streams and recurrent states of their own; then one optimizer step, and what the listeners are shown
 * of it.
 *
 * <p>{@link io.github.gradacc.pass.TrainedNetwork} is what the trainer works with. May import DL4J, {@code dl4j},
 * {@code grad}, {@code array}, and {@code loss} to ask what labels weigh.
 */
@NullMarked
package io.github.gradacc.pass;

import org.jspecify.annotations.NullMarked;
