/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

/**
 * What someone asks to know of each pass of a run, beyond its gradient.
 *
 * @param activations whether the activations of the forward pass are copied
 * @param norms whether the norm of the gradient is computed
 */
record Wanted(boolean activations, boolean norms) {}
