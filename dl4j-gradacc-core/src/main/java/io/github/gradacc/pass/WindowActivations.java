/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Map;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The activations of one micro-batch, kept for listeners until the window's step.
 *
 * @param examples number of examples of the micro-batch
 * @param activations by the names under which listeners get them, in their order; not copied
 */
@API(status = API.Status.INTERNAL)
public record WindowActivations(long examples, Map<String, INDArray> activations) {}
