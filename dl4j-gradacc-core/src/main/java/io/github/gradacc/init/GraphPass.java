/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Forward through a graph whose inputs have been set. */
final class GraphPass implements StepwisePass {

    private final GraphVertex[] vertices;
    private final int[] order;
    private final INDArray[] features;
    private final INDArray[] outputs;

    /** Input vertices have the indices of their features. */
    GraphPass(GraphVertex[] vertices, int[] order, INDArray[] features) {
        this.vertices = vertices;
        this.order = order;
        this.features = features;
        outputs = new INDArray[vertices.length];
    }

    @Override
    public int steps() {
        return order.length;
    }

    @Override
    public INDArray compute(int step) {
        GraphVertex vertex = vertices[order[step]];
        INDArray output = vertex.isInputVertex() ? features[vertex.getVertexIndex()] : forward(vertex);
        outputs[vertex.getVertexIndex()] = output;
        return output;
    }

    private INDArray forward(GraphVertex vertex) {
        VertexIndices[] inputs = vertex.getInputVertices();
        for (int i = 0; i < inputs.length; i++) {
            vertex.setInput(i, outputs[inputs[i].getVertexIndex()].dup(), LayerWorkspaceMgr.noWorkspaces());
        }
        INDArray output = vertex.doForward(false, LayerWorkspaceMgr.noWorkspaces());
        vertex.clear();
        return output;
    }
}
