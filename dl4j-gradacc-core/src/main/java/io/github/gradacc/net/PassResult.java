/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.MicroGradient;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a pass leaves behind.
 *
 * @param examples number of examples of the micro-batch
 * @param gradient the gradient, by reference; null if nothing was left to compute
 * @param activations copies of the forward pass's activations by name; empty if nobody asked for them
 */
record PassResult(int examples, @Nullable MicroGradient gradient, Map<String, INDArray> activations) {}
