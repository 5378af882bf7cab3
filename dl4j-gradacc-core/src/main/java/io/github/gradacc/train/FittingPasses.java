/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.array.MemoryShortage;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.pass.RandomStream;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the passes of a window; where memory is short, in smaller micro-batches, as {@link OutOfMemoryPolicy#HALVE} has
 * it. What is in the sum when a pass fails stays there.
 */
final class FittingPasses {

    private static final Logger log = LoggerFactory.getLogger(FittingPasses.class);

    private final TrainedNetwork network;
    private final OutOfMemoryPolicy policy;
    private final FittingSize fitting;
    private int failures;
    private boolean isSaid;

    FittingPasses(TrainedNetwork network, OutOfMemoryPolicy policy, FittingSize fitting) {
        this.network = network;
        this.policy = policy;
        this.fitting = fitting;
    }

    /**
     * Makes the passes of a window that wait, over one time segment.
     *
     * @param lossScale by what the gradients of their losses are multiplied
     */
    void make(Window window, int segment, double lossScale, GradientSum sum) {
        int next = window.passesMade();
        while (next < window.microBatches()) {
            next = makeFrom(next, window, segment, lossScale, sum);
        }
    }

    /** Returns the position of the pass to go on with. */
    private int makeFrom(int first, Window window, int segment, double lossScale, GradientSum sum) {
        if (policy == OutOfMemoryPolicy.FAIL) {
            network.accumulate(window.passes(segment, first, lossScale), sum);
            return window.microBatches();
        }
        // A window of one micro-batch draws from the thread's generator, and will draw the same again if it fails.
        RandomStream before = RandomStream.ofThread();
        try {
            network.accumulate(window.passes(segment, first, lossScale), sum);
            return window.microBatches();
        } catch (RuntimeException | Error e) {
            int failed = Math.max(first, sum.nextPosition());
            if (!MemoryShortage.isReasonOf(e) || !sum.isWhole() || !window.canCut(failed)) {
                throw e;
            }
            before.close();
            halve(window, failed, e);
            return failed;
        }
    }

    private void halve(Window window, int position, Throwable shortage) {
        int examples = window.examples(position);
        network.freeMemory();
        failures++;
        fitting.failed(examples);
        window.cutFrom(position);
        log.warn(
                "Memory did not suffice for {} examples at a time (micro-batch {} of step {}): computing them again,"
                        + " and all that follow, at most {} at a time ({})",
                examples,
                position,
                network.iteration(),
                fitting.size(),
                reason(shortage));
        sayWhatDiffers();
    }

    /** The innermost: the others say in which pass it was. */
    private static String reason(Throwable shortage) {
        Throwable innermost = shortage;
        while (innermost.getCause() != null && innermost.getCause() != innermost) {
            innermost = innermost.getCause();
        }
        return innermost.toString();
    }

    private void sayWhatDiffers() {
        List<String> layers = isSaid ? List.of() : network.dependingOnMicroBatches();
        isSaid = true;
        if (!layers.isEmpty()) {
            log.warn(
                    "With other micro-batches some layers compute other numbers, or may, as ExactnessReport says of"
                            + " them: {}. The step is exact for the micro-batches that fit; with larger ones it would"
                            + " be another. This is said once",
                    String.join("; ", layers));
        }
    }

    /** Returns how many passes of the window have failed for lack of memory. */
    int failures() {
        return failures;
    }

    /** A window is complete; larger micro-batches are tried when that has gone well for long. */
    void windowDone() {
        failures = 0;
        if (fitting.windowDone()) {
            log.info(
                    "No pass has run out of memory for long: trying {} again from step {} on",
                    fitting.size() == MicroBatches.WHOLE
                            ? "micro-batches as large as they were"
                            : "up to " + fitting.size() + " examples at a time",
                    network.iteration());
        }
    }

    /** The window is discarded. */
    void discard() {
        failures = 0;
    }
}
