/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import io.github.gradacc.dl4j.LayerView;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer by itself, with the input and the gradient that it had in a pass of its network. */
final class LayerTrial {

    private final Layer layer;
    private final boolean trained;
    private final INDArray input;
    private @Nullable INDArray gradient;

    /** After the forward pass of the network, before the backward pass, which may use the input's memory. */
    LayerTrial(LayerView view) {
        layer = view.layer().orElseThrow();
        trained = !view.endsBackpropagation();
        input = layer.input().dup();
    }

    /** Takes a copy of the gradient with respect to the layer's output. */
    void comesBack(INDArray fromAbove) {
        gradient = fromAbove.dup();
    }

    /** Returns the largest element of the gradient that comes back to the layer; 0 if none does. */
    double scale() {
        INDArray fromAbove = gradient;
        return fromAbove == null ? 0 : fromAbove.amaxNumber().doubleValue();
    }

    /**
     * Computes the layer: its output, the gradient with respect to its input, and those of its parameters, all copies.
     */
    List<INDArray> run() {
        LayerWorkspaceMgr workspaces = LayerWorkspaceMgr.noWorkspaces();
        List<INDArray> results = new ArrayList<>();
        results.add(layer.activate(input.dup(), true, workspaces).dup());
        INDArray fromAbove = gradient;
        if (fromAbove != null && trained) {
            Pair<Gradient, INDArray> back = layer.backpropGradient(fromAbove.dup(), workspaces);
            if (back.getSecond() != null) {
                results.add(back.getSecond().dup());
            }
            new TreeMap<>(back.getFirst().gradientForVariable()).values().forEach(each -> results.add(each.dup()));
        }
        return results;
    }
}
