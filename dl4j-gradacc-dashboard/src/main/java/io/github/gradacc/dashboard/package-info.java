/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A training watched in DL4J's own web page.
 */
@NullMarked
package io.github.gradacc.dashboard;

import org.jspecify.annotations.NullMarked;
