/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.BiConsumer;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A forward pass that stops at each layer, computes it as often as asked and goes on from its last output, and the
 * backward pass to it. The whole costs one forward pass and the repetitions, however deep the network is.
 *
 * <p>All outputs are held at the same time, outside of workspaces. Layers with parameters in truncated BPTT see the
 * whole sequence. Masks are not supported. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public interface Propagation extends AutoCloseable {

    /** Returns the layers in the order of the pass: the steps. */
    List<LayerView> layers();

    /**
     * Computes a layer from the outputs of earlier ones.
     *
     * @param step from 0; all earlier ones must have been computed
     * @return the output, a new array; in training the backward pass may use its memory
     */
    INDArray forward(int step);

    /**
     * Propagates the gradient of the losses, summed over the examples, back to the inputs of the layers, and writes
     * that of the parameters into the network's gradient array; after the forward pass of all layers, in training.
     *
     * @param gradients gets, last layer first, each layer with the gradient with respect to its output, where there is
     *     one: not at outputs, below frozen layers and below layers of indices
     * @param labels for each output, not changed
     */
    void backward(BiConsumer<LayerView, INDArray> gradients, INDArray... labels);

    /** Puts the network's input back. */
    @Override
    void close();
}
