/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The mathematics of the sum: how the gradients of micro-batches become the gradient of their window.
 *
 * <p>With a loss that is a sum over examples, the gradient of a window is the sum of the gradients of its
 * micro-batches. {@link io.github.gradacc.grad.GradientSum} forms that sum. Some slices of a network's gradient array
 * are not gradients but <em>updates</em> (the moving statistics of batch normalization, the centers of a center loss);
 * adding those would be wrong, and {@link io.github.gradacc.grad.UpdateRule}s combine them instead.
 *
 * <p>Innermost package: it may import ND4J and {@code array}, and nothing of DL4J.
 */
@NullMarked
package io.github.gradacc.grad;

import org.jspecify.annotations.NullMarked;
