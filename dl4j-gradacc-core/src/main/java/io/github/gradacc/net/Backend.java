/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** {@link Network} on top of either of DL4J's network classes. */
final class Backend implements Network {

    private final Internals network;
    private final int parallelism;
    private final GradientSource source;
    private final PassRunner runner;
    private final ActivationLog activations = new ActivationLog();
    private final ParameterUpdate update;

    Backend(Internals network, StatisticsPolicy statistics, int parallelism) {
        this.network = network;
        this.parallelism = parallelism;
        SharedLayout layout = new SharedLayout();
        long seed = network.configuration().getSeed();
        source = new GradientSource(network, statistics, layout, seed);
        runner = parallelism == 1
                ? new PassesInARow(source)
                : new PassesSideBySide(
                        network,
                        source,
                        parallelism - 1,
                        () -> new GradientSource(network.replica(), statistics, layout, seed));
        update = new ParameterUpdate(network.configuration().getStepFunction(), network.trainingWorkspaces());
    }

    @Override
    public Object monitor() {
        return network.model();
    }

    @Override
    public int iteration() {
        return network.iteration();
    }

    @Override
    public int epoch() {
        return network.epoch();
    }

    @Override
    public boolean hasListeners() {
        return !network.listeners().isEmpty();
    }

    @Override
    public void requireFits(MultiDataSet batch) {
        network.requireFits(batch);
    }

    @Override
    public int parallelism() {
        return parallelism;
    }

    @Override
    public OptionalInt segmentLength() {
        return network.segmentLength();
    }

    @Override
    public void run(Iterator<Pass> passes, GradientSink sink) {
        boolean logsActivations = ActivationLog.isWantedBy(network.listeners());
        runner.run(passes, logsActivations, sink, result -> {
            if (logsActivations) {
                activations.add(result.examples(), result.activations());
            }
            MicroGradient gradient = result.gradient();
            if (gradient == null) {
                sink.takeEnded(result.examples(), network.regularization());
            } else {
                sink.take(gradient);
            }
        });
    }

    @Override
    public boolean load(GradientSum sum) {
        INDArray flat = source.flat();
        sum.writeTo(flat);
        // The gradient of a single micro-batch has been checked already.
        return sum.microBatches() == 1 || sum.isFinite(flat);
    }

    @Override
    public double step(GradientSum sum, MultiDataSet window) {
        Model model = network.model();
        double score = sum.meanScore() + sum.summedScore();
        int examples = Math.toIntExact(sum.examples());
        network.show(window);
        announceGradient(score);
        update.apply(
                workspaces -> network.update(model.gradient(), examples, workspaces), model.params(), source.flat());
        try {
            notifyListeners(listener -> listener.iterationDone(model, iteration(), epoch()));
        } finally {
            network.setIteration(iteration() + 1);
            model.applyConstraints(iteration(), epoch());
            synchronizeCounters();
            discard();
        }
        return score;
    }

    private void synchronizeCounters() {
        for (Layer layer : network.layers()) {
            layer.setIterationCount(iteration());
            layer.setEpochCount(epoch());
        }
    }

    private void announceGradient(double score) {
        Map<String, INDArray> shown = activations.joined();
        notifyListeners(listener -> network.announceForwardPass(listener, shown));
        network.setScore(score);
        notifyListeners(listener -> listener.onBackwardPass(network.model()));
        notifyListeners(listener -> listener.onGradientCalculation(network.model()));
    }

    private void notifyListeners(Consumer<TrainingListener> event) {
        List.copyOf(network.listeners()).forEach(event);
    }

    @Override
    public void discard() {
        activations.clear();
    }

    @Override
    public void clearLayers() {
        network.clearMasks();
        network.clearLayers();
        if (segmentLength().isPresent()) {
            RecurrentState.clear(network.layers());
        }
    }

    @Override
    public void startEpoch() {
        notifyListeners(listener -> listener.onEpochStart(network.model()));
    }

    @Override
    public void endEpoch() {
        notifyListeners(listener -> listener.onEpochEnd(network.model()));
        network.clearLayers();
        network.incrementEpoch();
    }

    @Override
    public void setEtlMillis(long millis) {
        network.setEtlMillis(millis);
    }

    @Override
    public void close() {
        runner.close();
    }
}
