/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.PartialWindow;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How the batches are trained.
 *
 * @param k batches of a window
 * @param microBatch examples of a micro-batch at most; 0 if batches are not split
 */
record Cut(int k, int microBatch, PartialWindow policy, int epochs, int workers) {

    /** Whether each window is one micro-batch. */
    boolean isNone() {
        return k == 1 && microBatch == 0;
    }

    GradientAccumulationTrainer.Builder apply(GradientAccumulationTrainer.Builder settings) {
        settings.accumulationSteps(k).partialWindow(policy).parallelism(workers);
        return microBatch == 0 ? settings : settings.microBatchSize(microBatch);
    }

    /**
     * The batches of each window, in the epoch in which its step is taken; what is carried at the end makes an epoch
     * more.
     */
    <T> List<List<List<T>>> windows(List<T> batches) {
        List<List<List<T>>> epochsOfWindows = new ArrayList<>();
        List<T> open = new ArrayList<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            List<List<T>> windows = new ArrayList<>();
            for (T batch : batches) {
                open.add(batch);
                if (open.size() == k) {
                    windows.add(List.copyOf(open));
                    open.clear();
                }
            }
            if (policy == PartialWindow.STEP && !open.isEmpty()) {
                windows.add(List.copyOf(open));
            }
            if (policy != PartialWindow.CARRY) {
                open.clear();
            }
            epochsOfWindows.add(windows);
        }
        if (!open.isEmpty()) {
            epochsOfWindows.add(List.of(open));
        }
        return epochsOfWindows;
    }

    /** Cuts that are simpler by one thing. */
    Stream<Cut> simpler() {
        return Stream.of(
                        new Cut(k, microBatch, policy, epochs, 1),
                        new Cut(k, microBatch, policy, 1, workers),
                        new Cut(k, microBatch, policy, epochs - 1, workers),
                        new Cut(k, microBatch, PartialWindow.STEP, epochs, workers),
                        new Cut(1, microBatch, policy, epochs, workers),
                        new Cut(k - 1, microBatch, policy, epochs, workers),
                        new Cut(k, 0, policy, epochs, workers))
                .filter(it -> !it.equals(this) && it.k > 0 && it.epochs > 0);
    }
}
