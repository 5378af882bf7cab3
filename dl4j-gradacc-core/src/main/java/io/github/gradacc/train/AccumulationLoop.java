/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.Examples;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.net.GradientSink;
import io.github.gradacc.net.Network;
import io.github.gradacc.net.Pass;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
    private final GradientSink gradients = new Gradients();

    AccumulationLoop(Network network, AccumulationSchedule schedule, PartialWindow partialWindow, Window window) {
        this.network = network;
        this.schedule = schedule;
        this.partialWindow = partialWindow;
        this.window = window;
    }

    void epoch(Batches batches) {
        int stepsBefore = network.iteration();
        network.startEpoch();
        while (batches.hasNext()) {
            stopIfInterrupted(window.microBatches());
            MultiDataSet batch = batches.next();
            requireFits(batch);
            network.setEtlMillis(batches.waitedMillis());
            accumulate(batch).ifPresent(report -> batches.forgetWaiting());
        }
        endPartialWindow();
        if (network.iteration() == stepsBefore) {
            log.warn(
                    "No step was taken in epoch {}: its batches did not fill a window ({})",
                    network.epoch(),
                    partialWindow);
        }
        network.endEpoch();
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
        requireFinite(network.load(window.sum()));
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

    private void endPartialWindow() {
        if (!window.isOpen()) {
            return;
        }
        switch (partialWindow) {
            case STEP -> step();
            case DROP -> window.clear();
            case CARRY -> window.settle();
        }
    }

    private int nextWindowSize() {
        int batches = schedule.stepsAt(network.iteration(), network.epoch());
        if (batches < 1) {
            throw new IllegalStateException("A window has at least 1 batch, the accumulation schedule returned "
                    + batches + " at iteration " + network.iteration() + " in epoch " + network.epoch());
        }
        return batches;
    }

    private void stopIfInterrupted(int microBatch) {
        if (Thread.currentThread().isInterrupted()) {
            throw new TrainingInterruptedException("Training was interrupted before " + place(microBatch)
                    + "; the network is as after its last step, the open window is discarded");
        }
    }

    private void requireFinite(boolean isFinite) {
        if (!isFinite) {
            throw nonFinite(
                    "The sum of " + window.sum().microBatches()
                            + " finite gradients is not finite (a network in HALF holds sums up to"
                            + " 65504: use smaller windows or FLOAT)",
                    window.microBatches() - 1);
        }
    }

    private String place(int microBatch) {
        return "micro-batch " + microBatch + " of step " + network.iteration();
    }

    private NonFiniteGradientException nonFinite(String what, int microBatch) {
        return new NonFiniteGradientException(
                network.iteration(),
                microBatch,
                what + ". Step " + network.iteration()
                        + " is refused and its window discarded; the network is as after its"
                        + " last step. Look for NaN in the data, too large a learning rate or a loss that overflows");
    }

    /** Adds the gradients of passes to the window, and says what to think of those that are none. */
    private final class Gradients implements GradientSink {

        @Override
        public void beforePass(Pass pass) {
            stopIfInterrupted(pass.microBatch());
        }

        @Override
        public void check(Pass pass, MicroGradient gradient) {
            if (!gradient.isFinite()) {
                throw nonFinite(
                        "The gradient of " + place(pass.microBatch()) + " holds NaN or infinity, under a score of "
                                + gradient.score(),
                        pass.microBatch());
            }
        }

        @Override
        public RuntimeException failed(Pass pass, RuntimeException cause) {
            String message = "The pass over " + place(pass.microBatch()) + " failed (" + shapes(pass.data()) + "): "
                    + cause.getMessage()
                    + ". The step is not taken and the window is discarded; check the shapes against the network's first"
                    + " and last layer";
            return new MicroBatchException(network.iteration(), pass.microBatch(), message, cause);
        }

        private static String shapes(@Nullable MultiDataSet data) {
            return data == null
                    ? "no data"
                    : "features " + Arrays.toString(data.getFeatures(0).shape()) + ", labels "
                            + Arrays.toString(data.getLabels(0).shape());
        }

        @Override
        public void takeEnded(int examples, double score) {
            window.sum().addZero(examples, score);
        }

        @Override
        public void makeRoom() {
            window.sum().settle();
        }

        @Override
        public void take(MicroGradient gradient) {
            window.sum().add(gradient);
        }
    }
}
