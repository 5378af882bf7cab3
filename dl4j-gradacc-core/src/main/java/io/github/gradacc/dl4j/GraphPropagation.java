/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Through a graph. Where paths part on the way forward, their gradients are added on the way back. */
final class GraphPropagation implements Propagation {

    private final ComputationGraph graph;
    private final List<LayerView> layers;
    private final List<GraphVertex> vertices = new ArrayList<>();
    private final boolean training;
    private final INDArray[] outputs;
    private final INDArray[] earlierInputs;

    GraphPropagation(ComputationGraph graph, List<LayerView> layers, boolean training, INDArray... features) {
        this.graph = graph;
        this.layers = layers;
        this.training = training;
        outputs = Arrays.copyOf(features, graph.getVertices().length);
        layers.forEach(layer -> vertices.add(graph.getVertex(layer.name())));
        earlierInputs = graph.getInputs();
        graph.setInputs(features);
    }

    @Override
    public List<LayerView> layers() {
        return layers;
    }

    @Override
    public INDArray forward(int step) {
        GraphVertex vertex = vertices.get(step);
        VertexIndices[] inputs = vertex.getInputVertices();
        for (int i = 0; i < inputs.length; i++) {
            INDArray input = outputs[inputs[i].getVertexIndex()];
            // In inference, activation and loss layers overwrite their input.
            vertex.setInput(i, training ? input : input.dup(), LayerWorkspaceMgr.noWorkspaces());
        }
        INDArray output = vertex.doForward(training, LayerWorkspaceMgr.noWorkspaces());
        if (!training) {
            vertex.clear();
        }
        outputs[vertex.getVertexIndex()] = output;
        return output;
    }

    @Override
    public void backward(BiConsumer<LayerView, INDArray> gradients, INDArray... labels) {
        List<String> names = graph.getConfiguration().getNetworkOutputs();
        for (LayerView layer : layers) {
            int output = names.indexOf(layer.name());
            if (output >= 0) {
                layer.output().orElseThrow().setLabels(labels[output]);
            }
        }
        for (int i = layers.size() - 1; i >= 0; i--) {
            GraphVertex vertex = vertices.get(i);
            INDArray gradient = vertex.getEpsilon();
            if (gradient != null) {
                gradients.accept(layers.get(i), gradient);
            }
            if (passesOn(layers.get(i), gradient)) {
                INDArray[] back = vertex.doBackward(false, LayerWorkspaceMgr.noWorkspaces())
                        .getSecond();
                add(vertex.getInputVertices(), back);
            }
        }
    }

    private static boolean passesOn(LayerView layer, @Nullable INDArray gradient) {
        return !layer.endsBackpropagation()
                && (gradient != null || layer.output().isPresent());
    }

    private void add(VertexIndices[] inputs, INDArray[] gradients) {
        for (int i = 0; i < inputs.length; i++) {
            GraphVertex input = graph.getVertices()[inputs[i].getVertexIndex()];
            // None where a layer has no derivative with respect to its input, such as an embedding.
            if (gradients[i] != null && !input.isInputVertex()) {
                INDArray sum = input.getEpsilon();
                input.setEpsilon(sum == null ? gradients[i] : sum.add(gradients[i]));
            }
        }
    }

    @Override
    public void close() {
        graph.setInputs(earlierInputs);
    }
}
