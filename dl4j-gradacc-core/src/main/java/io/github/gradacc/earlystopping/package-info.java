/* SPDX-License-Identifier: Apache-2.0 */
/**
 * DL4J's early stopping on top of the accumulating trainer: its configuration, termination conditions, score
 * calculators, savers and listeners, with one iteration per window.
 *
 * <p>Start at {@link io.github.gradacc.earlystopping.AccumulatingEarlyStoppingTrainer}. May import {@code train}.
 */
@NullMarked
package io.github.gradacc.earlystopping;

import org.jspecify.annotations.NullMarked;
