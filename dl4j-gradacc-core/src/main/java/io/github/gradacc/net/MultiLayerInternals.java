/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The words of {@link MultiLayerNetwork}. */
final class MultiLayerInternals implements Internals {

    private final MultiLayerNetwork network;

    MultiLayerInternals(MultiLayerNetwork network) {
        this.network = network;
    }

    @Override
    public Model model() {
        return network;
    }

    @Override
    public Internals replica() {
        return new MultiLayerInternals(Replica.of(network));
    }

    @Override
    public Layer[] layers() {
        return network.getLayers();
    }

    @Override
    public NeuralNetConfiguration configuration() {
        return network.conf();
    }

    @Override
    public @Nullable WorkspaceMode trainingWorkspaces() {
        return network.getLayerWiseConfigurations().getTrainingWorkspaceMode();
    }

    @Override
    public OptionalInt segmentLength() {
        return TruncatedBptt.segmentLength(
                network.getLayerWiseConfigurations().getBackpropType(),
                network.getLayerWiseConfigurations().getTbpttFwdLength());
    }

    @Override
    public Collection<TrainingListener> listeners() {
        return network.getListeners();
    }

    @Override
    public @Nullable INDArray gradients() {
        return network.getFlattenedGradients();
    }

    @Override
    public int iteration() {
        return network.getIterationCount();
    }

    @Override
    public void setIteration(int iteration) {
        network.setIterationCount(iteration);
    }

    @Override
    public int epoch() {
        return network.getEpochCount();
    }

    @Override
    public void setEpoch(int epoch) {
        network.setEpochCount(epoch);
    }

    @Override
    public void setScore(double score) {
        network.setScore(score);
    }

    @Override
    public void requireFits(MultiDataSet batch) {
        if (batch.numFeatureArrays() != 1 || batch.numLabelsArrays() != 1) {
            throw new IllegalArgumentException("A MultiLayerNetwork has 1 input and 1 output, the batch has "
                    + batch.numFeatureArrays() + " feature arrays and " + batch.numLabelsArrays()
                    + " label arrays: use a ComputationGraph for several");
        }
        MaskCounts.require(batch);
        if (segmentLength().isPresent()) {
            TruncatedBptt.requireFeatureSequence(batch);
            TruncatedBptt.requireFits(batch);
        }
    }

    @Override
    public void setMicroBatch(MultiDataSet microBatch) {
        network.setLayerMaskArrays(first(microBatch.getFeaturesMaskArrays()), first(microBatch.getLabelsMaskArrays()));
        show(microBatch);
    }

    @Override
    public void show(MultiDataSet window) {
        network.setInput(window.getFeatures(0));
        network.setLabels(window.getLabels(0));
    }

    @Override
    public void computeGradientAndScore() {
        network.computeGradientAndScore();
    }

    @Override
    public double summedScore() {
        return OutputScore.isSum(network.getOutputLayer()) ? network.score() - regularization() : 0;
    }

    @Override
    public LayoutBuilder layout(LayoutBuilder builder) {
        Layer[] layers = network.getLayers();
        for (int i = 0; i < layers.length; i++) {
            builder.add(String.valueOf(i), layers[i], layers[i]);
        }
        return builder;
    }

    @Override
    public void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces) {
        network.getUpdater().update(network, gradient, iteration(), epoch(), examples, workspaces);
    }

    @Override
    public void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations) {
        listener.onForwardPass(network, List.copyOf(activations.values()));
    }

    @Override
    public double regularization() {
        return network.calcRegularizationScore(true);
    }

    @Override
    public void clearMasks() {
        network.clearLayerMaskArrays();
    }

    @Override
    public void clearLayers() {
        network.clearLayersStates();
    }

    @Override
    public void incrementEpoch() {
        network.incrementEpochCount();
    }

    @Override
    public void setEtlMillis(long millis) {
        network.setLastEtlTime(millis);
    }

    private static @Nullable INDArray first(INDArray @Nullable [] masks) {
        return masks == null || masks.length == 0 ? null : masks[0];
    }
}
