/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/**
 * A micro-batch that was not added to the sum of its window.
 *
 * @param microBatch its position in the window, from 0
 * @param examples its number of examples, at least 1
 * @param score its score, often not finite
 */
@API(status = API.Status.INTERNAL)
public record LeftOut(int microBatch, int examples, double score) {}
