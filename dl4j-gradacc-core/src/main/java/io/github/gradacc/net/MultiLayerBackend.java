/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientLayout;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseOutputLayer;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link MultiLayerNetwork} behind {@link Network}. */
final class MultiLayerBackend implements Network {

    private final MultiLayerNetwork network;
    private final StatisticsPolicy statistics;
    private final ActivationLog activations = new ActivationLog();
    private final ParameterUpdate update;
    private @Nullable Written written;

    MultiLayerBackend(MultiLayerNetwork network, StatisticsPolicy statistics) {
        this.network = network;
        this.statistics = statistics;
        update = new ParameterUpdate(
                network.conf().getStepFunction(),
                network.getLayerWiseConfigurations().getTrainingWorkspaceMode());
    }

    /** What is known about the gradient array once a pass has written it. */
    private record Written(
            INDArray array, INDArray flat, Set<String> names, GradientLayout layout, List<UpdateSource> updates) {}

    @Override
    public Object monitor() {
        return network;
    }

    @Override
    public int iteration() {
        return network.getIterationCount();
    }

    @Override
    public int epoch() {
        return network.getEpochCount();
    }

    @Override
    public boolean hasListeners() {
        return !network.getListeners().isEmpty();
    }

    @Override
    public void requireFits(MultiDataSet batch) {
        if (batch.numFeatureArrays() != 1 || batch.numLabelsArrays() != 1) {
            throw new IllegalArgumentException("A MultiLayerNetwork has 1 input and 1 output, the batch has "
                    + batch.numFeatureArrays() + " feature arrays and " + batch.numLabelsArrays()
                    + " label arrays: use a ComputationGraph for several");
        }
    }

    @Override
    public MicroGradient gradientOf(MultiDataSet microBatch) {
        Collection<TrainingListener> listeners = network.getListeners();
        boolean logged = ActivationLog.isWantedBy(listeners);
        double scoreOfLastStep = network.score();
        try (var silence = new ListenerSilence(listeners, logged ? activations.asListener() : Set.of())) {
            network.setLayerMaskArrays(
                    first(microBatch.getFeaturesMaskArrays()), first(microBatch.getLabelsMaskArrays()));
            network.setInput(microBatch.getFeatures(0));
            network.setLabels(microBatch.getLabels(0));
            network.computeGradientAndScore();
            return result(microBatch.getLabels(0));
        } finally {
            network.clearLayerMaskArrays();
            network.setScore(scoreOfLastStep);
        }
    }

    private MicroGradient result(INDArray labels) {
        Written now = written();
        return new MicroGradient(
                now.flat(),
                now.layout(),
                (int) labels.size(0),
                network.score(),
                now.updates().stream()
                        .map(source -> source.weigh().apply(labels))
                        .toList());
    }

    private Written written() {
        INDArray array = network.getFlattenedGradients();
        Set<String> names = network.gradient().gradientForVariable().keySet();
        Written known = written;
        if (known == null || known.array() != array || !known.names().equals(names)) {
            LayoutBuilder builder = new LayoutBuilder(names, network.params(), statistics);
            Layer[] layers = network.getLayers();
            for (int i = 0; i < layers.length; i++) {
                builder.add(String.valueOf(i), layers[i]);
            }
            INDArray flat = array.reshape(array.length());
            known = new Written(array, flat, Set.copyOf(names), builder.layout(), builder.updates());
            written = known;
        }
        return known;
    }

    @Override
    public boolean load(GradientSum sum) {
        INDArray flat = written().flat();
        sum.writeTo(flat);
        return sum.isFinite(flat);
    }

    @Override
    public double step(GradientSum sum, MultiDataSet window) {
        double score = pooledScore(sum);
        network.setInput(window.getFeatures(0));
        network.setLabels(window.getLabels(0));
        announceGradient(score);
        int examples = Math.toIntExact(sum.examples());
        var updater = network.getUpdater();
        update.apply(
                workspace -> updater.update(network, network.gradient(), iteration(), epoch(), examples, workspace),
                network.params(),
                written().flat());
        try {
            notifyListeners(listener -> listener.iterationDone(network, iteration(), epoch()));
        } finally {
            network.setIterationCount(iteration() + 1);
            network.applyConstraints(iteration(), epoch());
            synchronizeCounters();
            discard();
        }
        return score;
    }

    private void announceGradient(double score) {
        List<INDArray> shown = activations.merged();
        notifyListeners(listener -> listener.onForwardPass(network, shown));
        network.setScore(score);
        notifyListeners(listener -> listener.onBackwardPass(network));
        notifyListeners(listener -> listener.onGradientCalculation(network));
    }

    /** The regularisation term is the same in every micro-batch's score, since parameters only change in a step. */
    private double pooledScore(GradientSum sum) {
        if (network.conf().isMiniBatch() || !scoreIsSum()) {
            return sum.meanScore();
        }
        double regularization = network.calcRegularizationScore(true);
        return sum.totalScore() - (sum.microBatches() - 1) * regularization;
    }

    /** Without mini-batches DL4J's output layers report a sum; loss layers and centre loss report a mean all the same. */
    private boolean scoreIsSum() {
        Layer output = network.getOutputLayer();
        return output instanceof BaseOutputLayer && !(output instanceof CenterLossOutputLayer);
    }

    private void notifyListeners(Consumer<TrainingListener> event) {
        List.copyOf(network.getListeners()).forEach(event);
    }

    @Override
    public void discard() {
        activations.clear();
    }

    @Override
    public void clearLayers() {
        network.clearLayerMaskArrays();
        network.clearLayersStates();
    }

    @Override
    public void startEpoch() {
        notifyListeners(listener -> listener.onEpochStart(network));
    }

    @Override
    public void endEpoch() {
        notifyListeners(listener -> listener.onEpochEnd(network));
        network.clearLayersStates();
        network.incrementEpochCount();
    }

    @Override
    public void setEtlMillis(long millis) {
        network.setLastEtlTime(millis);
    }

    private void synchronizeCounters() {
        for (Layer layer : network.getLayers()) {
            layer.setIterationCount(iteration());
            layer.setEpochCount(epoch());
        }
    }

    private static @Nullable INDArray first(INDArray @Nullable [] masks) {
        return masks == null || masks.length == 0 ? null : masks[0];
    }
}
