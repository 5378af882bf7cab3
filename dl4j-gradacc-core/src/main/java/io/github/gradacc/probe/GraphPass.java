/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.layers.FrozenLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Forward and backward through a graph. Where paths part on the way forward, their gradients are added on the way back. */
final class GraphPass {

    private final ComputationGraph replica;
    private final GraphVertex[] vertices;
    private final int[] order;

    /** Takes a graph of its own. */
    GraphPass(ComputationGraph replica) {
        this.replica = replica;
        vertices = replica.getVertices();
        order = replica.topologicalSortOrder();
    }

    List<SignalLayer> run(INDArray[] features, INDArray @Nullable [] labels) {
        Map<String, Signal> forward = new HashMap<>();
        // Measured before the backward pass, which may use their memory.
        replica.feedForward(features, true, labels == null)
                .forEach((name, activations) -> forward.put(name, Signal.of(activations)));
        Map<String, Signal> backward = labels == null ? Map.of() : backward(labels, LayerWorkspaceMgr.noWorkspaces());
        List<SignalLayer> report = new ArrayList<>();
        for (int index : order) {
            GraphVertex vertex = vertices[index];
            String name = vertex.getVertexName();
            Signal activations = forward.get(name);
            if (!vertex.isInputVertex() && activations != null) {
                report.add(new SignalLayer(
                        name,
                        vertex.hasLayer()
                                ? Losses.typeOf(vertex.getLayer())
                                : vertex.getClass().getSimpleName(),
                        Losses.has(vertex.getLayer()),
                        activations,
                        backward.get(name)));
            }
        }
        return report;
    }

    private Map<String, Signal> backward(INDArray[] labels, LayerWorkspaceMgr noWorkspaces) {
        List<String> outputs = replica.getConfiguration().getNetworkOutputs();
        for (int i = 0; i < labels.length; i++) {
            Losses.setLabels(replica.getLayer(outputs.get(i)), labels[i]);
        }
        Map<String, Signal> signals = new HashMap<>();
        for (int i = order.length - 1; i >= 0; i--) {
            GraphVertex vertex = vertices[order[i]];
            INDArray gradient = vertex.getEpsilon();
            if (gradient != null && !vertex.isInputVertex()) {
                signals.put(vertex.getVertexName(), Signal.of(gradient));
            }
            if (passesOn(vertex, gradient)) {
                add(
                        vertex.getInputVertices(),
                        vertex.doBackward(false, noWorkspaces).getSecond());
            }
        }
        return signals;
    }

    private static boolean passesOn(GraphVertex vertex, @Nullable INDArray gradient) {
        boolean ends =
                vertex.isInputVertex() || vertex instanceof FrozenVertex || vertex.getLayer() instanceof FrozenLayer;
        return !ends && (gradient != null || Losses.has(vertex.getLayer()));
    }

    private void add(VertexIndices[] inputs, INDArray[] gradients) {
        for (int i = 0; i < inputs.length; i++) {
            GraphVertex input = vertices[inputs[i].getVertexIndex()];
            // None where a layer has no derivative with respect to its input, such as an embedding.
            if (gradients[i] != null) {
                INDArray sum = input.getEpsilon();
                input.setEpsilon(sum == null ? gradients[i] : sum.add(gradients[i]));
            }
        }
    }
}
