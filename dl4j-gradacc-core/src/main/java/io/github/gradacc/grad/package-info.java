/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The mathematics of the sum. Imports ND4J arrays only.
 */
@NullMarked
package io.github.gradacc.grad;

import org.jspecify.annotations.NullMarked;
