/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Listeners for a person to look at, useful in native training as in the trainer:
 * {@link io.github.gradacc.listen.ProgressBarListener}, {@link io.github.gradacc.listen.LossPlotListener}, and, with
 * the trainer only, {@link io.github.gradacc.listen.GradientNoiseScaleListener}.
 *
 * <p>May import {@code train}, {@code store} and two libraries that are optional dependencies: a class that names one
 * of them is used after {@code OptionalLibrary} has found it.
 */
@NullMarked
package io.github.gradacc.listen;

import org.jspecify.annotations.NullMarked;
