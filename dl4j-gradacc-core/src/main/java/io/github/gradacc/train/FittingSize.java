/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.MicroBatches;
import java.util.List;

/**
 * The most examples of a micro-batch that memory was found to hold: halved by failures, doubled after windows without
 * one, at first 100 of them and twice as many for each time that this failed. Not thread-safe.
 */
final class FittingSize implements Remembering {

    /** Rather many: a failed attempt costs a pass, a collection of garbage and new workspaces. */
    static final int FIRST_WAIT = 100;

    static final int LONGEST_WAIT = 128 * FIRST_WAIT;

    private int size = MicroBatches.WHOLE;
    private int largestFailed;
    private int wait = FIRST_WAIT;
    private int goodWindows;
    private boolean hasGrown;
    private boolean failedInWindow;

    @Override
    public List<Double> memory() {
        return List.of(
                (double) size, (double) largestFailed, (double) wait, (double) goodWindows, hasGrown ? 1.0 : 0.0);
    }

    @Override
    public void recall(List<Double> memory) {
        size = memory.get(0).intValue();
        largestFailed = memory.get(1).intValue();
        wait = memory.get(2).intValue();
        goodWindows = memory.get(3).intValue();
        hasGrown = memory.get(4) == 1;
    }

    /** The most examples of a micro-batch, or {@link MicroBatches#WHOLE}. */
    int size() {
        return size;
    }

    /**
     * A pass failed.
     *
     * @param examples of the pass, at least 2
     */
    void failed(int examples) {
        size = (examples + 1) / 2;
        largestFailed = Math.max(largestFailed, examples);
        failedInWindow = true;
        if (hasGrown) {
            hasGrown = false;
            wait = Math.min(2 * wait, LONGEST_WAIT);
        }
    }

    /**
     * A window is complete.
     *
     * @return whether the size has grown
     */
    boolean windowDone() {
        goodWindows = failedInWindow ? 0 : goodWindows + 1;
        failedInWindow = false;
        if (size == MicroBatches.WHOLE || goodWindows < wait) {
            return false;
        }
        goodWindows = 0;
        hasGrown = true;
        size = 2L * size < largestFailed ? 2 * size : MicroBatches.WHOLE;
        return true;
    }
}
