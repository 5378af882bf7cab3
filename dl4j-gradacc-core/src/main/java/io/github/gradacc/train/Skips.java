/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.LeftOut;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.grad.NotFiniteException;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.train.SkippedWindow.Reason;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which steps are skipped, and who is told. What is skipped was asked for: by the policy for gradients that are not
 * finite, by a scale that is searched, or by the user's filter.
 */
final class Skips implements Remembering {

    private static final Logger log = LoggerFactory.getLogger(Skips.class);

    private final NonFinitePolicy policy;
    private final int mostInARow;
    private final StepFilter filter;
    private final LossScale scale;
    private final TrainedNetwork network;
    private final Failures failures;
    private final WindowListeners listeners;
    private final Doublings parts = new Doublings();
    private final Doublings windows = new Doublings();
    private final Doublings overflows = new Doublings();
    private final Doublings vetoes = new Doublings();
    private int inARow;

    Skips(Settings settings, LossScale scale, TrainedNetwork network, Failures failures, WindowListeners listeners) {
        policy = settings.nonFinite();
        mostInARow = settings.mostInARow();
        filter = settings.stepFilter();
        this.scale = scale;
        this.network = network;
        this.failures = failures;
        this.listeners = listeners;
    }

    @Override
    public List<Double> memory() {
        return List.of((double) inARow);
    }

    @Override
    public void recall(List<Double> memory) {
        inARow = memory.get(0).intValue();
    }

    /** Tells whether micro-batches are left out one by one. */
    boolean leavesOut() {
        return policy == NonFinitePolicy.SKIP_MICRO_BATCH;
    }

    /** Tells whether a micro-batch is left out: its gradient is not finite, and not by its scale alone. */
    boolean leavesOut(MicroGradient part) {
        return !part.layout().isFinite(part.flat()) && !scale.isToBlame(part.score());
    }

    /**
     * Computes.
     *
     * @throws SkippedStep if a gradient is not finite, and that is no failure here
     */
    <T> T judging(Supplier<T> work) {
        try {
            return work.get();
        } catch (NotFiniteException e) {
            throw judged(scale.isToBlame(e.score()) ? Reason.OVERFLOW : Reason.NOT_FINITE, failures.notFinite(e));
        } catch (NonFiniteGradientException e) {
            throw judged(Reason.NOT_FINITE, e);
        }
    }

    private RuntimeException judged(Reason reason, NonFiniteGradientException bad) {
        boolean isAskedFor = reason == Reason.OVERFLOW || policy != NonFinitePolicy.REFUSE;
        return isAskedFor && network.hasFiniteParameters() ? SkippedStep.notFinite(reason, bad) : bad;
    }

    /** @throws SkippedStep if the user's filter vetoes the step */
    void requireAccepted(StepReport candidate) {
        if (!filter.accepts(candidate)) {
            throw SkippedStep.vetoed(candidate);
        }
    }

    /** A step was taken. */
    void stepped() {
        inARow = 0;
        scale.stepped();
    }

    /** Tells of micro-batches that are left out of a window. */
    void tellOf(List<LeftOut> parts) {
        if (parts.isEmpty()) {
            return;
        }
        LeftOut first = parts.get(0);
        long examples = parts.stream().mapToLong(LeftOut::examples).sum();
        if (this.parts.isNext()) {
            log.warn(
                    "Step {} leaves out {} micro-batches of {} examples: the gradient of micro-batch {} holds NaN or"
                            + " infinity (score {}). Windows with such so far: {}. Said the first, second, fourth,"
                            + " eighth... time",
                    network.iteration(),
                    parts.size(),
                    examples,
                    first.microBatch(),
                    first.score(),
                    this.parts.count());
        }
        listeners.announce(window(Reason.NOT_FINITE, false, parts.size(), examples, first.score()));
    }

    /**
     * Tells of a window on which no step is taken, and draws the consequences.
     *
     * @throws NonFiniteGradientException if it is one too many
     */
    void tellOf(SkippedStep skip, int microBatches, long examples) {
        switch (skip.reason()) {
            case NOT_FINITE -> {
                inARow++;
                if (inARow > mostInARow) {
                    throw failures.tooMany(skip.bad().orElseThrow(), mostInARow);
                }
                warn(windows, skip, "its gradient is not finite");
            }
            case OVERFLOW -> {
                scale.backOff();
                if (overflows.isNext()) {
                    log.info(
                            "Step {} is skipped: the scaled gradient overflowed, and the scale of the loss is now {}."
                                    + " Overflows so far: {}",
                            network.iteration(),
                            scale.now(),
                            overflows.count());
                }
            }
            case VETOED -> warn(vetoes, skip, "the step filter vetoed it");
        }
        listeners.announce(window(skip.reason(), true, microBatches, examples, skip.score()));
    }

    private void warn(Doublings times, SkippedStep skip, String why) {
        if (times.isNext()) {
            log.warn(
                    "Step {} is skipped and its window dropped: {} (score {}, gradient norm {}). The network is as"
                            + " after its last step. So far: {}. Said the first, second, fourth, eighth... time{}",
                    network.iteration(),
                    why,
                    skip.score(),
                    skip.reportedNorm(),
                    times.count(),
                    skip.bad().map(bad -> ". " + bad.getMessage()).orElse(""));
        }
    }

    private SkippedWindow window(Reason reason, boolean dropped, int microBatches, long examples, double score) {
        return new SkippedWindow(network.iteration(), network.epoch(), reason, dropped, microBatches, examples, score);
    }
}
