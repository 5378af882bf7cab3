/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.io.Serializable;
import java.util.List;
import org.apiguardian.api.API;

/**
 * What those are told who compute shares of a window.
 *
 * @param iteration number of the step, from 0
 * @param epoch number of the epoch, from 0
 * @param lossFactors by what the losses of the outputs are multiplied in each pass; none to leave them as they are
 * @param measuresNorms whether the norm of each micro-batch's gradient is wanted
 */
@API(status = API.Status.INTERNAL)
public record ShareTask(int iteration, int epoch, List<Double> lossFactors, boolean measuresNorms)
        implements Serializable {}
