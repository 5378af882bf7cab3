/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.List;

/** What is watched in a long training. */
enum Figure {
    /** Threads of the process, native ones included. */
    THREADS("threads", 1, 0),
    /** Open file descriptors. */
    FILE_HANDLES("file handles", 1, 0),
    /** Java heap in use after a collection, in bytes. */
    HEAP("heap, MB", 1 << 20, 4 << 20),
    /** Resident memory of the process beyond a heap of fixed size, in bytes. */
    RESIDENT("resident memory, MB", 1 << 20, 32 << 20),
    /** What JavaCPP holds off the heap after a collection, in bytes. */
    JAVACPP("JavaCPP, MB", 1 << 20, 4 << 20);

    private final String title;
    private final long unit;
    private final long bound;

    Figure(String title, long unit, long bound) {
        this.title = title;
        this.unit = unit;
        this.bound = bound;
    }

    String title() {
        return title;
    }

    /** How a difference is printed. */
    String text(double value) {
        return MarkdownTable.decimals(unit == 1 ? 0 : 2, value / unit);
    }

    /** By how much more than native training's a figure may grow. */
    double bound() {
        return bound;
    }

    /**
     * How much a figure grew in the second half of a training: the median of the last quarter less the median of the
     * second. The first is warming up.
     *
     * @throws IllegalArgumentException if there are fewer than eight samples
     */
    double growth(List<Sample> samples) {
        if (samples.size() < 8) {
            throw new IllegalArgumentException("At least eight samples are needed to see growth, got " + samples.size()
                    + "; take more steps, or sample more often (every=)");
        }
        int quarter = samples.size() / 4;
        return median(samples.subList(samples.size() - quarter, samples.size()))
                - median(samples.subList(quarter, 2 * quarter));
    }

    /** Whether a training grew by more than native training did, and the bound. */
    boolean isExceeded(List<Sample> samples, List<Sample> natively) {
        return !(growth(samples) - Math.max(0, growth(natively)) <= bound);
    }

    private double median(List<Sample> samples) {
        double[] sorted =
                samples.stream().mapToDouble(it -> it.value(this)).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
