/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientLayout;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** {@link Network} on top of either of DL4J's network classes. */
final class Backend implements Network {

    private final Internals network;
    private final StatisticsPolicy statistics;
    private final ActivationLog activations = new ActivationLog();
    private final ParameterUpdate update;
    private @Nullable Written written;

    Backend(Internals network, StatisticsPolicy statistics) {
        this.network = network;
        this.statistics = statistics;
        update = new ParameterUpdate(network.configuration().getStepFunction(), network.trainingWorkspaces());
    }

    /** What is known about the gradient array once a pass has written it. */
    private record Written(
            INDArray array, INDArray flat, Set<String> names, GradientLayout layout, List<UpdateSource> updates) {

        /** The same after DL4J made a new array: what the pools hold of an open window is kept. */
        Written in(INDArray other) {
            return new Written(other, other.reshape(other.length()), names, layout, updates);
        }
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
    public MicroGradient gradientOf(MultiDataSet microBatch) {
        Model model = network.model();
        double scoreOfLastStep = model.score();
        boolean logsActivations = ActivationLog.isWantedBy(network.listeners());
        PassRecorder recorder = new PassRecorder(logsActivations ? activations : null, this::updateWeights);
        try (var silence = new ListenerSilence(network.listeners(), recorder)) {
            network.setMicroBatch(microBatch);
            network.computeGradientAndScore();
            Written now = written();
            double summed = network.configuration().isMiniBatch() ? 0 : network.summedScore();
            return new MicroGradient(
                    now.flat(),
                    now.layout(),
                    model.batchSize(),
                    model.score() - summed,
                    summed,
                    recorder.updateWeights());
        } finally {
            network.clearMasks();
            network.setScore(scoreOfLastStep);
        }
    }

    private List<double[]> updateWeights() {
        int examples = network.model().batchSize();
        return written().updates().stream()
                .map(source -> source.weigh().apply(examples))
                .toList();
    }

    private Written written() {
        INDArray array = Objects.requireNonNull(network.gradients(), "a pass has made it");
        Set<String> names = network.model().gradient().gradientForVariable().keySet();
        Written known = written;
        if (known == null || !known.names().equals(names)) {
            known = read(array, names);
        } else if (known.array() != array) {
            known = known.in(array);
        }
        written = known;
        return known;
    }

    private Written read(INDArray array, Set<String> names) {
        INDArray parameters = network.model().params();
        LayoutBuilder builder = network.layout(new LayoutBuilder(names, parameters, statistics));
        INDArray flat = array.reshape(array.length());
        return new Written(array, flat, Set.copyOf(names), builder.layout(), builder.updates());
    }

    @Override
    public boolean load(GradientSum sum) {
        INDArray flat = written().flat();
        sum.writeTo(flat);
        return sum.isFinite(flat);
    }

    @Override
    public double step(GradientSum sum, MultiDataSet window) {
        Model model = network.model();
        double score = sum.meanScore() + sum.summedScore();
        int examples = Math.toIntExact(sum.examples());
        network.show(window);
        announceGradient(score);
        update.apply(
                workspaces -> network.update(model.gradient(), examples, workspaces),
                model.params(),
                written().flat());
        try {
            notifyListeners(listener -> listener.iterationDone(model, iteration(), epoch()));
        } finally {
            network.setIteration(iteration() + 1);
            model.applyConstraints(iteration(), epoch());
            network.synchronizeCounters();
            discard();
        }
        return score;
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
}
