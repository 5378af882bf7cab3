/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Everything that knows how DL4J's networks work inside: passes over micro-batches, in a row or side by side, one
 * optimizer step, what their listeners are shown, and which slices of their gradient arrays are updates.
 *
 * <p>{@link io.github.gradacc.net.Network} is the view of a network that the rest of the library trains. May import DL4J
 * and {@code grad}.
 */
@NullMarked
package io.github.gradacc.net;

import org.jspecify.annotations.NullMarked;
