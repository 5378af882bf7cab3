/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Times of two ways to do the same short piece of work, which take turns: good enough to tell which is faster by more
 * than a few percent, also on a machine that does other things.
 */
record Timing(double firstMillis, double secondMillis) {

    private static final int WARM_UP = 3;
    private static final int AT_LEAST = 5;
    private static final int AT_MOST = 50;
    private static final long ENOUGH_NANOS = 400_000_000;
    private static final double NANOS_PER_MILLI = 1e6;

    /** Returns the medians of 5 to 50 turns, after some that do not count. */
    static Timing ofTurns(Supplier<?> first, Supplier<?> second) {
        for (int i = 0; i < WARM_UP; i++) {
            nanos(first);
            nanos(second);
        }
        List<Long> firsts = new ArrayList<>();
        List<Long> seconds = new ArrayList<>();
        long start = System.nanoTime();
        while (firsts.size() < AT_LEAST || (System.nanoTime() - start < ENOUGH_NANOS && firsts.size() < AT_MOST)) {
            firsts.add(nanos(first));
            seconds.add(nanos(second));
        }
        return new Timing(median(firsts), median(seconds));
    }

    private static long nanos(Supplier<?> work) {
        long start = System.nanoTime();
        Objects.requireNonNull(work.get(), "results");
        return System.nanoTime() - start;
    }

    private static double median(List<Long> nanos) {
        Collections.sort(nanos);
        return nanos.get(nanos.size() / 2) / NANOS_PER_MILLI;
    }
}
