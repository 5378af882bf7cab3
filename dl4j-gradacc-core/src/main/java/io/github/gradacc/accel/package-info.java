/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Faster layers on CPUs: switches on what DL4J 1.0.0-M2.1 has for oneDNN and cannot load by itself, and compares it
 * with DL4J's built-in code in a user's own network. {@link io.github.gradacc.accel.OneDnn} is the entrance; nothing
 * changes in a process that does not call it.
 *
 * <p>May import DL4J, JavaCPP, ND4J's native interface, and of this library {@code dl4j} and {@code array}.
 */
@NullMarked
package io.github.gradacc.accel;

import org.jspecify.annotations.NullMarked;
