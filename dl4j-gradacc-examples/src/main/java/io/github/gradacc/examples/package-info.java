/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Programs that show the library at work.
 */
@NullMarked
package io.github.gradacc.examples;

import org.jspecify.annotations.NullMarked;
