/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.UpdatePool;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A pool for one layer's updates together with the way to weigh a micro-batch for it.
 *
 * @param pool combines the updates
 * @param weigh gives the pool's weights for the micro-batch that has just passed through the layer, from its labels
 */
record UpdateSource(UpdatePool pool, Function<INDArray, double[]> weigh) {}
