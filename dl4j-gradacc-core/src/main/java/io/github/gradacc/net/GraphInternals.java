/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The words of {@link ComputationGraph}. */
final class GraphInternals implements Internals {

    private final ComputationGraph graph;

    GraphInternals(ComputationGraph graph) {
        this.graph = graph;
    }

    @Override
    public Model model() {
        return graph;
    }

    @Override
    public Internals replica() {
        return new GraphInternals(Replica.of(graph));
    }

    @Override
    public Layer[] layers() {
        return graph.getLayers();
    }

    @Override
    public NeuralNetConfiguration configuration() {
        return graph.conf();
    }

    @Override
    public @Nullable WorkspaceMode trainingWorkspaces() {
        return graph.getConfiguration().getTrainingWorkspaceMode();
    }

    @Override
    public OptionalInt segmentLength() {
        return TruncatedBptt.segmentLength(
                graph.getConfiguration().getBackpropType(),
                graph.getConfiguration().getTbpttFwdLength());
    }

    @Override
    public Collection<TrainingListener> listeners() {
        return graph.getListeners();
    }

    @Override
    public @Nullable INDArray gradients() {
        return graph.getFlattenedGradients();
    }

    @Override
    public int iteration() {
        return graph.getIterationCount();
    }

    @Override
    public void setIteration(int iteration) {
        graph.getConfiguration().setIterationCount(iteration);
    }

    @Override
    public int epoch() {
        return graph.getEpochCount();
    }

    @Override
    public void setEpoch(int epoch) {
        graph.getConfiguration().setEpochCount(epoch);
    }

    @Override
    public void setScore(double score) {
        graph.setScore(score);
    }

    @Override
    public void requireFits(MultiDataSet batch) {
        requireCount("feature arrays", batch.numFeatureArrays(), "inputs", graph.getNumInputArrays());
        requireCount("label arrays", batch.numLabelsArrays(), "outputs", graph.getNumOutputArrays());
        MaskCounts.require(batch);
        if (segmentLength().isPresent()) {
            TruncatedBptt.requireFits(batch);
        }
    }

    private void requireCount(String arrays, int actual, String ends, int expected) {
        if (actual != expected) {
            throw new IllegalArgumentException(
                    "The graph has " + expected + " " + ends + ", the batch has " + actual + " "
                            + arrays + ": give one for each, in the order of the graph's "
                            + (ends.equals("inputs")
                                    ? graph.getConfiguration().getNetworkInputs()
                                    : graph.getConfiguration().getNetworkOutputs()));
        }
    }

    @Override
    public void setMicroBatch(MultiDataSet microBatch) {
        if (graph.getFlattenedGradients() == null) {
            graph.initGradientsView();
        }
        show(microBatch);
        graph.setLayerMaskArrays(microBatch.getFeaturesMaskArrays(), microBatch.getLabelsMaskArrays());
    }

    @Override
    public void show(MultiDataSet window) {
        graph.setInputs(window.getFeatures());
        graph.setLabels(window.getLabels());
    }

    @Override
    public void computeGradientAndScore() {
        graph.computeGradientAndScore();
    }

    @Override
    public double summedScore() {
        double summed = 0;
        double regularization = regularization();
        for (int i = 0; i < graph.getNumOutputArrays(); i++) {
            Layer output = graph.getOutputLayer(i);
            if (OutputScore.isSum(output)) {
                // DL4J adds the regularization to the score of the first output.
                summed += output.score() - (i == 0 ? regularization : 0);
            }
        }
        return summed;
    }

    @Override
    public LayoutBuilder layout(LayoutBuilder builder) {
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            if (vertex.numParams() > 0) {
                builder.add(vertex.getVertexName(), vertex, vertex.hasLayer() ? vertex.getLayer() : null);
            }
        }
        return builder;
    }

    @Override
    public void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces) {
        graph.getUpdater().update(gradient, iteration(), epoch(), examples, workspaces);
    }

    @Override
    public void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations) {
        listener.onForwardPass(graph, activations);
    }

    @Override
    public double regularization() {
        return graph.calcRegularizationScore(true);
    }

    @Override
    public void clearMasks() {
        graph.clearLayerMaskArrays();
    }

    @Override
    public void clearLayers() {
        graph.clearLayersStates();
    }

    @Override
    public void incrementEpoch() {
        graph.incrementEpochCount();
    }

    @Override
    public void setEtlMillis(long millis) {
        graph.setLastEtlTime(millis);
    }
}
