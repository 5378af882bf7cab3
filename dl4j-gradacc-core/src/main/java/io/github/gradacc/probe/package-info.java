/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Looks at networks and says what to expect of them. {@link io.github.gradacc.probe.ExactnessReport} names what makes
 * accumulation differ from the big batch; {@link io.github.gradacc.probe.SignalPropagation} measures activations and
 * gradients layer by layer; {@link io.github.gradacc.probe.LearningRateFinder} tries learning rates.
 *
 * <p>May import DL4J, Java2D of the JDK, and of this library {@code dl4j}, {@code store}, {@code array} and, for the
 * passes of a measurement or a search, {@code pass}, {@code batch} and {@code grad}; not the trainer, whose windows,
 * policies and failures a report has no use for.
 */
@NullMarked
package io.github.gradacc.probe;

import org.jspecify.annotations.NullMarked;
