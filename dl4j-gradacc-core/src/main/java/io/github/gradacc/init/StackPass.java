/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.function.IntFunction;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Forward through a stack of layers, whose mini-batch size has been set. */
final class StackPass implements StepwisePass {

    private final Layer[] layers;
    private final IntFunction<@Nullable InputPreProcessor> preProcessors;
    private final INDArray[] inputs;

    StackPass(Layer[] layers, IntFunction<@Nullable InputPreProcessor> preProcessors, INDArray features) {
        this.layers = layers;
        this.preProcessors = preProcessors;
        inputs = new INDArray[layers.length + 1];
        inputs[0] = features;
    }

    @Override
    public int steps() {
        return layers.length;
    }

    @Override
    public INDArray compute(int step) {
        INDArray input = inputs[step].dup();
        InputPreProcessor preProcessor = preProcessors.apply(step);
        if (preProcessor != null) {
            input = preProcessor.preProcess(input, (int) inputs[0].size(0), LayerWorkspaceMgr.noWorkspaces());
        }
        INDArray output = layers[step].activate(input, false, LayerWorkspaceMgr.noWorkspaces());
        layers[step].clear();
        inputs[step + 1] = output;
        return output;
    }
}
