/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.UpdatePool;
import java.util.function.IntFunction;

/**
 * A pool for one layer's updates together with the way to weigh a micro-batch for it.
 *
 * @param pool combines the updates
 * @param weigh gives the pool's weights for the micro-batch that is passing, from its number of examples; it may read the
 *     layer's input and labels
 */
record UpdateSource(UpdatePool pool, IntFunction<double[]> weigh) {}
