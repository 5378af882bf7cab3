/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.apiguardian.api.API;

/**
 * How large the gradient of one micro-batch is.
 *
 * @param examples number of examples of the micro-batch, at least 1
 * @param norm the 2-norm of its gradient, summed (not averaged) over the examples, over all trained parameters; 0 for
 *     sequences that have ended
 */
@API(status = API.Status.INTERNAL)
public record MicroBatchNorm(int examples, double norm) {}
