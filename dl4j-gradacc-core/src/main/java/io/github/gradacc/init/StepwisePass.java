/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A forward pass that stops at each step, computes it as often as asked, and goes on from its last output. The whole pass
 * costs one forward pass and the repetitions, however deep the network is.
 *
 * <p>Layers run with inference behavior, outside of workspaces. Each computation gets a copy of its inputs: DL4J's
 * activation layers overwrite theirs.
 */
interface StepwisePass {

    /** The number of steps: layers of a stack, vertices of a graph in topological order. */
    int steps();

    /**
     * Computes a step from the outputs of earlier ones.
     *
     * @param step from 0; all earlier ones must have been computed
     * @return a new array
     */
    INDArray compute(int step);
}
