/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Looks at networks and says what to expect of them. {@link io.github.gradacc.probe.ExactnessReport} names what makes
 * accumulation differ from the big batch.
 *
 * <p>May import DL4J and nothing of this library.
 */
@NullMarked
package io.github.gradacc.probe;

import org.jspecify.annotations.NullMarked;
