/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Times of short pieces of work, good enough to tell which of two is faster by more than a few percent. */
final class Timing {

    private static final int WARM_UP = 3;
    private static final int AT_LEAST = 5;
    private static final int AT_MOST = 50;
    private static final long ENOUGH_NANOS = 200_000_000;
    private static final double NANOS_PER_MILLI = 1e6;

    private Timing() {}

    /** Returns the median of 5 to 50 runs, after some that do not count. */
    static double medianMillis(Runnable work) {
        for (int i = 0; i < WARM_UP; i++) {
            work.run();
        }
        List<Long> nanos = new ArrayList<>();
        long total = 0;
        while (nanos.size() < AT_LEAST || (total < ENOUGH_NANOS && nanos.size() < AT_MOST)) {
            long start = System.nanoTime();
            work.run();
            nanos.add(System.nanoTime() - start);
            total += nanos.get(nanos.size() - 1);
        }
        Collections.sort(nanos);
        return nanos.get(nanos.size() / 2) / NANOS_PER_MILLI;
    }
}
