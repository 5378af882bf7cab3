/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.grad.Summand;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a pass leaves behind.
 *
 * @param microBatch position of the micro-batch in its window, from 0
 * @param gradient what it adds to the sum, by reference
 * @param state in truncated BPTT, what advances when the gradient is added
 * @param activations copies of the forward pass's activations by name; empty if nobody asked for them
 */
record PassResult(
        int microBatch, Summand gradient, Optional<RecurrentState> state, Map<String, INDArray> activations) {}
