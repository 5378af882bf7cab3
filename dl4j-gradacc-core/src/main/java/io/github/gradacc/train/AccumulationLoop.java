/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.TimeSegments;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.pass.LabelCounter;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The algorithm of {@link GradientAccumulationTrainer}. {@link TrainingGuard} locks, and cleans up after a failure. */
final class AccumulationLoop implements Resumable {

    private static final Logger log = LoggerFactory.getLogger(AccumulationLoop.class);

    private final TrainedNetwork network;
    private final AccumulationSchedule schedule;
    private final PartialWindow partialWindow;
    private final Window window;
    private final FittingPasses passes;
    private final GradientSum g = new GradientSum();
    private final Optional<LabelCounter> counter;
    private final WindowStep step;
    private final Skips skips;
    private final Failures failures;
    private final Map<String, Remembering> remembering = new TreeMap<>();

    AccumulationLoop(TrainedNetwork network, Settings settings) {
        this.network = network;
        schedule = settings.schedule();
        partialWindow = settings.partialWindow();
        counter = settings.lossNormalization().divisor().map(network::labelCounter);
        OptionalInt segmentLength = network.segmentLength();
        step = new WindowStep(network, settings);
        skips = step.skips();
        failures = step.failures();
        remembering.putAll(step.remembering());
        FittingSize fitting = new FittingSize();
        passes = new FittingPasses(network, settings.onOutOfMemory(), fitting);
        remembering.put("onOutOfMemory", fitting);
        window = new Window(
                new Cutting(settings.microBatchSize(), fitting, network),
                new WindowDivisors(counter, segmentLength),
                segmentLength,
                skips.leavesOut());
        if (skips.leavesOut()) {
            g.screen(skips::leavesOut);
        }
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
                    "No step was taken in epoch {}: its batches did not fill a window ({}), no label of theirs"
                            + " counts, or all windows were dropped",
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
            computeBeforeFull();
        }
        // The caller may reuse the batch.
        window.settle();
        return Optional.empty();
    }

    private void computeBeforeFull() {
        try {
            skips.judging(() -> {
                addGradients(0);
                // The caller may use the network, whose gradient array still holds the last gradient.
                g.settle();
                return g;
            });
            window.computed();
        } catch (SkippedStep skip) {
            window.spoil(skip);
            g.clear();
            network.discard();
        }
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
        int segments = window.segments();
        StepReport report = step(0);
        for (int segment = 1; segment < segments && !window.isSpoiled(); segment++) {
            step.begin();
            report = report.followedBy(step(segment));
        }
        window.clear();
        passes.windowDone();
        return report;
    }

    /** {@code parameters := parameters - updater(transforms(factor g / N))}, unless the step is skipped. */
    private StepReport step(int segment) {
        try {
            window.requireUnspoiled();
            StepReport prepared = step.prepare(g, () -> sum(segment));
            skips.tellOf(window.newlyLeftOut());
            return step.take(prepared, () -> window.shown(segment));
        } catch (SkippedStep skip) {
            StepReport dropped = step.drop(skip, window.microBatches(), window.examples(), passes.failures());
            if (skip.endsWindow()) {
                window.spoil(skip);
            }
            return dropped;
        } finally {
            g.clear();
        }
    }

    private SummedWindow sum(int segment) {
        addGradients(segment);
        failures.requireSome(g, window.leftOut());
        WindowDivisors divisors = window.divisors();
        return new SummedWindow(
                SummedWindow.factor(divisors.countsNothing(segment), divisors.ofSum(segment)),
                window.leftOut(),
                passes.failures());
    }

    /** For each micro-batch that waits: {@code g := g + gradient of the loss, summed over its examples}. */
    private void addGradients(int segment) {
        g.measureNorms(step.asksForNorms());
        g.scaledBy(step.scale());
        passes.make(window, segment, step.scale(), g);
        while (window.leaveOut(g.takeLeftOut())) {
            // Their divisors were those of a window with all its micro-batches.
            g.clear();
            network.discard();
            passes.make(window, segment, step.scale(), g);
        }
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

    /** Ends an epoch that was begun elsewhere, and of which no batch is left. */
    void endBegunEpoch() {
        network.startEpoch();
        endPartialWindow();
        network.endEpoch();
    }

    @Override
    public Map<String, Remembering> remembering() {
        return remembering;
    }

    @Override
    public Optional<WindowState> state() {
        return window.isOpen()
                ? Optional.of(new WindowState(window.state(), g.state(), network.activations()))
                : Optional.empty();
    }

    /** By a pass over a part of the last batch. */
    @Override
    public Optional<MicroGradient> trial(WindowState saved) {
        return saved.sum().microBatches() == 0
                ? Optional.empty()
                : saved.window().last().map(this::check).map(window::trial).map(network::tryPass);
    }

    @Override
    public void restore(WindowState saved, Optional<MicroGradient> like) {
        discard();
        if (saved.window().batches() > 0) {
            window.restore(saved.window(), this::check, network.iteration());
            like.ifPresent(gradient -> g.restore(saved.sum(), gradient));
            network.restoreActivations(saved.activations());
            step.begin();
        }
    }

    @Override
    public void discard() {
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
        step.begin();
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
