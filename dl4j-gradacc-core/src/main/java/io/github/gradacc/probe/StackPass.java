/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Forward and backward through a stack of layers. */
final class StackPass {

    private final MultiLayerNetwork replica;
    private final Layer[] layers;

    /** Takes a network of its own. */
    StackPass(MultiLayerNetwork replica) {
        this.replica = replica;
        layers = replica.getLayers();
    }

    List<SignalLayer> run(INDArray features, @Nullable INDArray labels) {
        replica.setInput(features);
        List<INDArray> activations = replica.feedForward(true, labels == null);
        // Measured before the backward pass, which may use their memory.
        List<Signal> forward = activations.stream().skip(1).map(Signal::of).toList();
        List<@Nullable Signal> backward = labels == null
                ? Arrays.asList(new Signal[layers.length])
                : backward(labels, LayerWorkspaceMgr.noWorkspaces());
        List<SignalLayer> report = new ArrayList<>();
        for (int i = 0; i < layers.length; i++) {
            report.add(new SignalLayer(
                    nameOf(i), Losses.typeOf(layers[i]), Losses.has(layers[i]), forward.get(i), backward.get(i)));
        }
        return report;
    }

    /** DL4J calls a layer without a name "layer" and its index; graphs made of stacks call it by its index. */
    private String nameOf(int index) {
        String name = layers[index].conf().getLayer().getLayerName();
        return name == null || name.equals("layer" + index) ? String.valueOf(index) : name;
    }

    private List<@Nullable Signal> backward(INDArray labels, LayerWorkspaceMgr noWorkspaces) {
        int last = layers.length - 1;
        Losses.setLabels(layers[last], labels);
        @Nullable Signal[] signals = new Signal[layers.length];
        INDArray gradient = null;
        for (int i = last; i >= 0 && !(layers[i] instanceof FrozenLayer); i--) {
            gradient = layers[i].backpropGradient(gradient, noWorkspaces).getSecond();
            InputPreProcessor preProcessor =
                    replica.getLayerWiseConfigurations().getInputPreProcess(i);
            if (gradient != null && preProcessor != null) {
                gradient = preProcessor.backprop(gradient, replica.getInputMiniBatchSize(), noWorkspaces);
            }
            if (gradient == null || i == 0) {
                break;
            }
            signals[i - 1] = Signal.of(gradient);
        }
        return Arrays.asList(signals);
    }
}
