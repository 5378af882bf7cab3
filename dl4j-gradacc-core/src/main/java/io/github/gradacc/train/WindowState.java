/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.SumState;
import io.github.gradacc.pass.WindowActivations;
import java.util.List;

/**
 * Everything that is open between two batches.
 *
 * @param window the batches
 * @param sum of their gradients so far
 * @param activations what listeners will be shown of the passes so far
 */
record WindowState(OpenWindow window, SumState sum, List<WindowActivations> activations) {}
