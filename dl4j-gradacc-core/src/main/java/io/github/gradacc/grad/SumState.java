/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a {@link GradientSum} holds in the middle of a window, so that another one can go on with it.
 *
 * @param sum the sum so far, rank 1; null if no gradient was added. In a state that was taken, the array of the sum
 *     itself, good until the next call to that; in one that is given, copied
 * @param pools for each rule of the layout, the numbers of its pool
 * @param norms of the micro-batches, as far as they were measured
 * @param bound no element of the sum is larger
 * @param examples number of examples
 * @param microBatches number of micro-batches
 * @param meanScore mean of the scores that are means
 * @param summedScore sum of the scores that are sums
 */
@API(status = API.Status.INTERNAL)
public record SumState(
        @Nullable INDArray sum,
        List<List<double[]>> pools,
        List<SummandNorm> norms,
        double bound,
        long examples,
        int microBatches,
        double meanScore,
        double summedScore) {}
