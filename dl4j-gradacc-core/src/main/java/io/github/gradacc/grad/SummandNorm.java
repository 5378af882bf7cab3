/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/**
 * How large the gradient of one micro-batch is.
 *
 * @param examples number of examples of the micro-batch, at least 1
 * @param norm the 2-norm of its gradient, summed (not averaged) over the examples, updates left out; 0 for one that was
 *     known to be zero
 */
@API(status = API.Status.INTERNAL)
public record SummandNorm(int examples, double norm) {}
