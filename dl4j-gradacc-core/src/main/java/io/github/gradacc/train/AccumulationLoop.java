/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.TimeSegments;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.pass.LabelCounter;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The algorithm of {@link GradientAccumulationTrainer}. {@link TrainingGuard} locks, and cleans up after a failure. */
final class AccumulationLoop {

    private static final Logger log = LoggerFactory.getLogger(AccumulationLoop.class);

    private final TrainedNetwork network;
    private final AccumulationSchedule schedule;
    private final PartialWindow partialWindow;
    private final Window window;
    private final FittingPasses passes;
    private final GradientSum g = new GradientSum();
    private final Optional<LabelCounter> counter;
    private final GradientTransforms transforms;
    private final WindowListeners windowListeners;
    private final Failures failures;
    private StepEvent event = new StepEvent();

    AccumulationLoop(TrainedNetwork network, Settings settings) {
        this.network = network;
        schedule = settings.schedule();
        partialWindow = settings.partialWindow();
        counter = settings.lossNormalization().divisor().map(network::labelCounter);
        transforms = new GradientTransforms(network, settings.gradientTransforms());
        OptionalInt segmentLength = network.segmentLength();
        FittingSize fitting = new FittingSize();
        passes = new FittingPasses(network, settings.onOutOfMemory(), fitting);
        window = new Window(
                new Cutting(settings.microBatchSize(), fitting, network),
                new WindowDivisors(counter, segmentLength),
                segmentLength);
        windowListeners = new WindowListeners(network);
        failures = new Failures(network);
    }

    /**
     * Trains to the last batch, or to a step after which {@code stop} says so.
     *
     * @param stop asked once after each window
     * @return false if batches are left; the epoch is then neither announced as ended nor counted
     */
    boolean epoch(Batches batches, Predicate<StepReport> stop) {
        int stepsBefore = network.iteration();
        boolean stopped = false;
        network.startEpoch();
        while (!stopped && batches.hasNext()) {
            failures.stopIfInterrupted(window.microBatches());
            Batch batch = check(batches.next());
            network.setEtlMillis(batches.waitedMillis());
            Optional<StepReport> report = accumulate(batch);
            report.ifPresent(step -> batches.forgetWaiting());
            stopped = report.filter(StepReport::stepped).filter(stop).isPresent();
        }
        if (stopped && batches.hasNext()) {
            return false;
        }
        endPartialWindow()
                .filter(StepReport::stepped)
                .filter(stop)
                .ifPresent(last -> log.debug("Told to stop by the last step of an epoch"));
        if (network.iteration() == stepsBefore) {
            log.warn(
                    "No step was taken in epoch {}: its batches did not fill a window ({}), or no label of theirs"
                            + " counts",
                    network.epoch(),
                    partialWindow);
        }
        network.endEpoch();
        return true;
    }

    /** Adds one batch to the window: its gradients now, or, if passes must wait for others, later. */
    Optional<StepReport> accumulate(Batch batch) {
        openWindow();
        window.add(batch);
        if (window.isFull()) {
            return Optional.of(step());
        }
        if (window.canCompute(network.parallelism())) {
            addGradients(0);
            window.computed();
        }
        // The caller may reuse the batch, and may use the network, whose gradient array still holds the last gradient.
        g.settle();
        window.settle();
        return Optional.empty();
    }

    /** One window of one batch. */
    StepReport stepOn(Batch batch) {
        openWindow(1);
        window.add(batch);
        return step();
    }

    /**
     * Steps on what the window holds: once, or in truncated BPTT once after each time segment.
     *
     * @return the report of the last step that was taken
     */
    StepReport step() {
        MultiDataSet shown = window.shown();
        StepReport report = step(0, shown);
        int segments = window.segments();
        for (int segment = 1; segment < segments; segment++) {
            beginEvent();
            StepReport next = step(segment, shown);
            report = next.stepped() || !report.stepped() ? next : report;
        }
        window.clear();
        passes.windowDone();
        return report;
    }

    private StepReport step(int segment, MultiDataSet shown) {
        addGradients(segment);
        StepReport report = window.divisors().countsNothing(segment)
                ? noStep()
                : update(
                        window.divisors().ofSum(segment),
                        window.segment(shown, segment).orElse(shown));
        g.clear();
        return report;
    }

    /** For each micro-batch that waits: {@code g := g + gradient of the loss, summed over its examples}. */
    private void addGradients(int segment) {
        g.measureNorms(windowListeners.askForNorms());
        passes.make(window, segment, g);
    }

    /** {@code parameters := parameters - updater(transforms(factor g / N))}, N being the number of examples in g. */
    private StepReport update(double factor, MultiDataSet shown) {
        INDArray gradient = network.gradient();
        g.writeTo(gradient, factor);
        failures.requireFinite(g, gradient, factor);
        windowListeners.announce(g, gradient, factor);
        double raw = event.isEnabled() ? g.norm(gradient) / g.examples() : Double.NaN;
        double norm = transforms.apply(g.examples());
        StepReport report = report(network.score(g.score(), factor), norm, true);
        network.step(g.examples(), report.score(), shown);
        commitEvent(report, raw);
        return report;
    }

    private void commitEvent(StepReport report, double rawNorm) {
        event.end();
        if (event.shouldCommit()) {
            event.describe(report, rawNorm);
            event.commit();
        }
    }

    private StepReport noStep() {
        log.warn(
                "No label counts in a window of {} examples, so it has no mean loss: step {} is not taken on it",
                g.examples(),
                network.iteration());
        network.discard();
        return report(Double.NaN, Double.NaN, false);
    }

    private StepReport report(double score, double norm, boolean stepped) {
        return new StepReport(
                network.iteration(),
                network.epoch(),
                g.microBatches(),
                g.examples(),
                score,
                norm,
                passes.failures(),
                stepped);
    }

    /** Checks a batch when it enters, before anything is computed. */
    Batch check(@Nullable MultiDataSet data) {
        Batch batch = Batch.of(data, network.labelRows());
        network.requireArrays(batch.data());
        counter.ifPresent(present -> present.requireLabelsMasks(batch.data()));
        if (network.segmentLength().isPresent()) {
            TimeSegments.require(batch, network.needsFeatureSequences());
        }
        return batch;
    }

    /** Refuses to go on with a window if others trained the network since it was opened. */
    void requireUntouched() {
        window.requireUntouched(network.iteration());
    }

    Failures failures() {
        return failures;
    }

    Window window() {
        return window;
    }

    /** Forgets the open window. */
    void discard() {
        g.clear();
        window.clear();
        passes.discard();
        network.discard();
    }

    /** Frees the memory of sum and window. */
    void close() {
        discard();
        window.close();
        g.close();
    }

    private void openWindow() {
        if (!window.isOpen()) {
            int batches = schedule.stepsAt(network.iteration(), network.epoch());
            if (batches < 1) {
                throw new IllegalStateException("A window has at least 1 batch, the accumulation schedule returned "
                        + batches + " at iteration " + network.iteration() + " in epoch " + network.epoch());
            }
            openWindow(batches);
        }
    }

    private void openWindow(int batches) {
        window.open(batches, network.iteration(), network.hasListeners());
        beginEvent();
    }

    private void beginEvent() {
        event = new StepEvent();
        event.begin();
    }

    private Optional<StepReport> endPartialWindow() {
        if (!window.isOpen()) {
            return Optional.empty();
        }
        return switch (partialWindow) {
            case STEP -> Optional.of(step());
            case DROP -> {
                discard();
                yield Optional.empty();
            }
            case CARRY -> Optional.empty();
        };
    }
}
