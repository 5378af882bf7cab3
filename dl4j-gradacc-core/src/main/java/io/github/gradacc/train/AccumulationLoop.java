/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.Examples;
import io.github.gradacc.net.Network;
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
    private final PartialWindow partialWindow;
    private final Window window;
    private final WindowGradients gradients;

    AccumulationLoop(Network network, AccumulationSchedule schedule, PartialWindow partialWindow, Window window) {
        this.network = network;
        this.schedule = schedule;
        this.partialWindow = partialWindow;
        this.window = window;
        gradients = new WindowGradients(network, window);
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
            gradients.stopIfInterrupted(window.microBatches());
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
        window.add(batch);
        if (window.isFull()) {
            return Optional.of(step());
        }
        if (window.isReady(network.parallelism())) {
            network.run(window.passes(0), gradients);
            window.passed();
        }
        window.settle();
        return Optional.empty();
    }

    StepReport stepOn(MultiDataSet batch) {
        window.open(1, network.iteration(), network.hasListeners());
        window.add(batch);
        return step();
    }

    /** Steps on what the window holds: once, or in truncated BPTT once after each time segment. */
    StepReport step() {
        MultiDataSet shown = window.shown();
        int segments = window.segments();
        for (int segment = 0; segment < segments - 1; segment++) {
            step(segment, shown);
            window.sum().clear();
        }
        StepReport last = step(segments - 1, shown);
        window.clear();
        return last;
    }

    private StepReport step(int segment, MultiDataSet shown) {
        network.run(window.passes(segment), gradients);
        gradients.requireFiniteSum(network.load(window.sum()));
        int iteration = network.iteration();
        double score = network.step(window.sum(), window.segment(shown, segment).orElse(shown));
        return new StepReport(
                iteration,
                network.epoch(),
                window.sum().microBatches(),
                window.sum().examples(),
                score);
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

    private int nextWindowSize() {
        int batches = schedule.stepsAt(network.iteration(), network.epoch());
        if (batches < 1) {
            throw new IllegalStateException("A window has at least 1 batch, the accumulation schedule returned "
                    + batches + " at iteration " + network.iteration() + " in epoch " + network.epoch());
        }
        return batches;
    }
}
