/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Training that is simply run again after it was stopped, at any moment and in any way, and ends with the bits of one
 * that never was.
 *
 * <p>Start at {@link io.github.gradacc.checkpoint.CheckpointedTraining}. May import {@code train}, {@code store} and
 * {@code array}.
 */
@NullMarked
package io.github.gradacc.checkpoint;

import org.jspecify.annotations.NullMarked;
