/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Through a stack of layers. */
final class StackPropagation implements Propagation {

    private final MultiLayerNetwork network;
    private final List<LayerView> layers;
    private final boolean training;
    private final INDArray[] outputs;
    private final @Nullable INDArray earlierInput;

    StackPropagation(MultiLayerNetwork network, List<LayerView> layers, boolean training, INDArray features) {
        this.network = network;
        this.layers = layers;
        this.training = training;
        outputs = new INDArray[layers.size() + 1];
        outputs[0] = features;
        earlierInput = network.getInput();
        network.setInput(features);
    }

    @Override
    public List<LayerView> layers() {
        return layers;
    }

    @Override
    public INDArray forward(int step) {
        // In inference, activation and loss layers overwrite their input.
        INDArray input = training ? outputs[step] : outputs[step].dup();
        InputPreProcessor preprocessor = preprocessor(step);
        if (preprocessor != null) {
            input = preprocessor.preProcess(input, network.getInputMiniBatchSize(), noWorkspaces());
        }
        INDArray output = network.getLayer(step).activate(input, training, noWorkspaces());
        if (!training) {
            network.getLayer(step).clear();
        }
        outputs[step + 1] = output;
        return output;
    }

    @Override
    public void backward(BiConsumer<LayerView, INDArray> gradients, INDArray... labels) {
        int last = layers.size() - 1;
        layers.get(last).output().orElseThrow().setLabels(labels[0]);
        INDArray gradient = null;
        for (int i = last; i >= 0 && !layers.get(i).endsBackpropagation(); i--) {
            gradient = network.getLayer(i)
                    .backpropGradient(gradient, noWorkspaces())
                    .getSecond();
            if (i == 0) {
                return;
            }
            InputPreProcessor preprocessor = preprocessor(i);
            if (gradient != null && preprocessor != null) {
                gradient = preprocessor.backprop(gradient, network.getInputMiniBatchSize(), noWorkspaces());
            }
            if (gradient == null) {
                return;
            }
            gradients.accept(layers.get(i - 1), gradient);
        }
    }

    @Override
    public void close() {
        network.setInput(earlierInput);
    }

    private @Nullable InputPreProcessor preprocessor(int step) {
        return layers.get(step).preprocessor().orElse(null);
    }

    private static LayerWorkspaceMgr noWorkspaces() {
        return LayerWorkspaceMgr.noWorkspaces();
    }
}
