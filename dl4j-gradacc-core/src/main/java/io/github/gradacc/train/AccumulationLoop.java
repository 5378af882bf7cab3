/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.Examples;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.net.Network;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Predicate;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The algorithm of {@link GradientAccumulationTrainer}, without its manners: no locks, no checks of arguments, no tidying up
 * after a failure.
 */
final class AccumulationLoop {

    private static final Logger log = LoggerFactory.getLogger(AccumulationLoop.class);

    private final Network network;
    private final AccumulationSchedule schedule;
    private final int microBatchSize;
    private final PartialWindow partialWindow;
    private final Window window;

    AccumulationLoop(
            Network network,
            AccumulationSchedule schedule,
            int microBatchSize,
            PartialWindow partialWindow,
            Window window) {
        this.network = network;
        this.schedule = schedule;
        this.microBatchSize = microBatchSize;
        this.partialWindow = partialWindow;
        this.window = window;
    }

    /**
     * Trains to the last batch, or to a step after which {@code stop} says so.
     *
     * @param stop asked once after each step
     * @return false if batches are left; the epoch is then neither announced as ended nor counted
     */
    boolean epoch(Batches batches, Predicate<StepReport> stop) {
        int stepsBefore = network.iteration();
        boolean stopped = false;
        network.startEpoch();
        while (!stopped && batches.hasNext()) {
            stopIfInterrupted();
            MultiDataSet batch = batches.next();
            requireFits(batch);
            network.setEtlMillis(batches.waitedMillis());
            Optional<StepReport> report = accumulate(batch);
            report.ifPresent(step -> batches.forgetWaiting());
            stopped = report.filter(stop).isPresent();
        }
        if (stopped && batches.hasNext()) {
            return false;
        }
        endPartialWindow().filter(stop).ifPresent(last -> log.debug("Told to stop by the last step of an epoch"));
        if (network.iteration() == stepsBefore) {
            log.warn(
                    "No step was taken in epoch {}: its batches did not fill a window ({})",
                    network.epoch(),
                    partialWindow);
        }
        network.endEpoch();
        return true;
    }

    Optional<StepReport> accumulate(MultiDataSet batch) {
        if (!window.isOpen()) {
            window.open(nextWindowSize(), network.iteration(), network.hasListeners());
        }
        add(batch);
        if (window.isFull()) {
            return Optional.of(step());
        }
        window.settle();
        return Optional.empty();
    }

    StepReport stepOn(MultiDataSet batch) {
        window.open(1, network.iteration(), network.hasListeners());
        add(batch);
        return step();
    }

    private void add(MultiDataSet batch) {
        window.add(batch);
        for (MultiDataSet microBatch : MicroBatches.of(batch, microBatchSize)) {
            stopIfInterrupted();
            window.settleGradient();
            window.add(gradientOf(microBatch));
        }
    }

    StepReport step() {
        if (!network.load(window.sum())) {
            throw nonFinite(
                    "The sum of " + window.sum().microBatches()
                            + " finite gradients is not finite (a network in HALF holds sums up to"
                            + " 65504: use smaller windows or FLOAT)",
                    microBatch() - 1,
                    window.sum().meanScore() + window.sum().summedScore());
        }
        int iteration = network.iteration();
        double score = network.step(window.sum(), window.shown());
        StepReport report = new StepReport(
                iteration,
                network.epoch(),
                window.sum().microBatches(),
                window.sum().examples(),
                score);
        window.clear();
        return report;
    }

    /** Refuses a batch that is incomplete or has the wrong number of arrays, before anything is computed. */
    void requireFits(MultiDataSet batch) {
        Examples.count(batch);
        network.requireFits(batch);
    }

    private Optional<StepReport> endPartialWindow() {
        if (!window.isOpen()) {
            return Optional.empty();
        }
        switch (partialWindow) {
            case STEP -> {
                return Optional.of(step());
            }
            case DROP -> window.clear();
            case CARRY -> window.settle();
        }
        return Optional.empty();
    }

    private MicroGradient gradientOf(MultiDataSet microBatch) {
        MicroGradient gradient;
        try {
            gradient = network.gradientOf(microBatch);
        } catch (RuntimeException e) {
            throw new MicroBatchException(network.iteration(), microBatch(), describe(microBatch, e), e);
        }
        if (!gradient.isFinite()) {
            throw nonFinite(
                    "The gradient of " + place() + " holds NaN or infinity, under a score of " + gradient.score(),
                    microBatch(),
                    gradient.score());
        }
        return gradient;
    }

    private int nextWindowSize() {
        int batches = schedule.stepsAt(network.iteration(), network.epoch());
        if (batches < 1) {
            throw new IllegalStateException("A window has at least 1 batch, the accumulation schedule returned "
                    + batches + " at iteration " + network.iteration() + " in epoch " + network.epoch());
        }
        return batches;
    }

    private void stopIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new TrainingInterruptedException("Training was interrupted before " + place()
                    + "; the network is as after its last step, the open window is discarded");
        }
    }

    private int microBatch() {
        return window.sum().microBatches();
    }

    private String place() {
        return "micro-batch " + microBatch() + " of step " + network.iteration();
    }

    private NonFiniteGradientException nonFinite(String what, int microBatch, double score) {
        return new NonFiniteGradientException(
                network.iteration(),
                microBatch,
                score,
                what + ". Step " + network.iteration()
                        + " is refused and its window discarded; the network is as after its"
                        + " last step. Look for NaN in the data, too large a learning rate or a loss that overflows");
    }

    private String describe(MultiDataSet microBatch, RuntimeException cause) {
        return "The pass over " + place() + " failed (features "
                + Arrays.toString(microBatch.getFeatures(0).shape())
                + ", labels " + Arrays.toString(microBatch.getLabels(0).shape()) + "): " + cause.getMessage()
                + ". No step was taken and the window is discarded; check the shapes against the network's first and last"
                + " layer";
    }
}
