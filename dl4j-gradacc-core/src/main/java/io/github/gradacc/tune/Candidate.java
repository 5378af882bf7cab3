/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A setting to try on a sample.
 *
 * @param microBatchSize most examples of a micro-batch, at most those of the sample
 * @param parallelism number of workers
 * @param isWhole whether the sample is one micro-batch
 */
record Candidate(int microBatchSize, int parallelism, boolean isWhole) {

    private static final int SMALLEST = 8;

    /**
     * Returns the candidates for a sample in the order in which they are tried: for each number of workers the sizes
     * from small to large, so that what a size takes is known before the next.
     *
     * @param sizes micro-batch sizes, each less than the number of examples
     */
    static List<Candidate> of(int examples, List<Integer> sizes, int cores) {
        List<Candidate> candidates = new ArrayList<>();
        for (int workers = 1; workers <= cores; workers = workers == cores ? cores + 1 : Math.min(2 * workers, cores)) {
            int side = workers;
            sizes.stream()
                    .sorted(Comparator.naturalOrder())
                    .filter(size -> (examples - 1) / size + 1 >= side)
                    .forEach(size -> candidates.add(new Candidate(size, side, false)));
            if (workers == 1) {
                candidates.add(new Candidate(examples, 1, true));
            }
        }
        return candidates;
    }

    /** Powers of two below the number of examples, from 8 on, or from 1 on where examples are few. */
    static List<Integer> sizes(int examples) {
        return IntStream.iterate(examples <= SMALLEST ? 1 : SMALLEST, size -> size < examples, size -> 2 * size)
                .boxed()
                .toList();
    }

    GradientAccumulationTrainer.Builder applyTo(GradientAccumulationTrainer.Builder builder) {
        return (isWhole ? builder : builder.microBatchSize(microBatchSize)).parallelism(parallelism);
    }

    @Override
    public String toString() {
        return isWhole
                ? "the whole batch at a time"
                : "micro-batches of " + microBatchSize + ", " + parallelism
                        + (parallelism == 1 ? " worker" : " workers");
    }
}
