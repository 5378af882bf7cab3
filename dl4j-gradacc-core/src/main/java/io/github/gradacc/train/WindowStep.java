/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.LeftOut;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From the sum g of a window's gradients to its one optimizer step, wherever the gradients were computed.
 *
 * <pre>
 *   gradient := transforms(factor g)
 *   parameters := parameters - updater(gradient / N)
 * </pre>
 */
final class WindowStep {

    private static final Logger log = LoggerFactory.getLogger(WindowStep.class);

    private final TrainedNetwork network;
    private final GradientTransforms transforms;
    private final WindowListeners listeners;
    private final Failures failures;
    private final LossScale scale;
    private final Skips skips;
    private final boolean filters;
    private final Map<String, Remembering> remembering = new TreeMap<>();
    private StepEvent event = new StepEvent();

    WindowStep(TrainedNetwork network, Settings settings) {
        this.network = network;
        transforms = new GradientTransforms(network, settings.gradientTransforms());
        listeners = new WindowListeners(network);
        failures = new Failures(network);
        scale = new LossScale(settings.lossScaling());
        skips = new Skips(settings, scale, network, failures, listeners);
        filters = settings.filters();
        remembering.put("lossScaling", scale);
        remembering.put("nonFinite", skips);
        if (settings.stepFilter() instanceof Remembering filter) {
            remembering.put("stepFilter", filter);
        }
    }

    Failures failures() {
        return failures;
    }

    Skips skips() {
        return skips;
    }

    /** Returns by what the gradients are multiplied that are added to the sum of the window. */
    double scale() {
        return scale.now();
    }

    /** Tells whether a listener wants the norm of each micro-batch. */
    boolean asksForNorms() {
        return listeners.askForNorms();
    }

    /** Returns what has a memory from step to step, by the name of its setting. */
    Map<String, Remembering> remembering() {
        return remembering;
    }

    /** The time of the step is counted from now on. */
    void begin() {
        event = new StepEvent();
        event.begin();
    }

    /**
     * Writes the mean gradient, which DL4J will divide by N, the number of examples in g.
     *
     * @param window adds the gradients that are missing
     * @return what the step is made of; there is none if no label counts
     * @throws SkippedStep if a gradient is not finite, and that is no failure here
     */
    StepReport prepare(GradientSum g, Supplier<SummedWindow> window) {
        return skips.judging(() -> {
            SummedWindow summed = window.get();
            if (summed.factor().isEmpty()) {
                return noStep(g, summed);
            }
            double factor = summed.factor().getAsDouble();
            INDArray gradient = network.gradient();
            g.writeTo(gradient, factor);
            failures.requireFinite(g, gradient, factor / scale.now());
            scale.measure(g, gradient);
            listeners.announce(g, gradient, factor);
            double raw = filters || event.isEnabled() ? g.norm(gradient) : Double.NaN;
            event.gradientNorm = raw / g.examples();
            double asked = transforms.apply(g.examples());
            double norm = filters && Double.isNaN(asked) ? raw / network.divisor(g.examples()) : asked;
            return report(g, summed, network.score(g.score(), factor), norm, true);
        });
    }

    private StepReport noStep(GradientSum g, SummedWindow window) {
        log.warn(
                "No label counts in a window of {} examples, so it has no mean loss: step {} is not taken on it",
                g.examples(),
                network.iteration());
        network.discard();
        return report(g, window, Double.NaN, Double.NaN, false);
    }

    private StepReport report(GradientSum g, SummedWindow window, double score, double norm, boolean stepped) {
        return new StepReport(
                network.iteration(),
                network.epoch(),
                g.microBatches(),
                g.examples(),
                score,
                norm,
                stepped,
                window.leftOut().size(),
                window.leftOut().stream().mapToLong(LeftOut::examples).sum(),
                scale.now(),
                window.outOfMemory());
    }

    /**
     * Takes the step that was prepared, if there is one.
     *
     * @param shown the data to leave in the network as its input and labels
     * @throws SkippedStep if the user's filter vetoes it
     */
    StepReport take(StepReport prepared, Supplier<MultiDataSet> shown) {
        if (prepared.stepped()) {
            skips.requireAccepted(prepared);
            network.step(prepared.examples(), prepared.score(), shown.get());
            skips.stepped();
            event.end();
            if (event.shouldCommit()) {
                event.describe(prepared);
                event.commit();
            }
        }
        return prepared;
    }

    /**
     * Leaves the network as it is, for a reason that was asked for.
     *
     * @param microBatches of the window, all of them
     * @param examples of these
     * @param outOfMemory how many of its passes failed for lack of memory
     * @throws NonFiniteGradientException if too many windows in a row were dropped
     */
    StepReport drop(SkippedStep skip, int microBatches, long examples, int outOfMemory) {
        network.discard();
        double scaled = scale.now();
        skips.tellOf(skip, microBatches, examples);
        return new StepReport(
                network.iteration(),
                network.epoch(),
                0,
                0,
                skip.reportedScore(),
                skip.reportedNorm(),
                false,
                microBatches,
                examples,
                scaled,
                outOfMemory);
    }
}
