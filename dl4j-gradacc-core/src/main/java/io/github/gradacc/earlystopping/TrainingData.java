/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.StepReport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** The data of each epoch, whichever kind of iterator it comes from. */
@FunctionalInterface
interface TrainingData {

    /**
     * Trains from the first batch to the last one, or to a step after which {@code stop} says so.
     *
     * @return true if all batches were used
     */
    boolean epoch(GradientAccumulationTrainer trainer, Predicate<StepReport> stop);

    /**
     * Wraps an iterator, which is reset before each epoch.
     *
     * @throws IllegalArgumentException if it is null or cannot be reset
     */
    static TrainingData of(@Nullable DataSetIterator iterator) {
        if (iterator == null) {
            throw missing();
        }
        requireReset(iterator.resetSupported());
        return (trainer, stop) -> {
            iterator.reset();
            return trainer.fitUntil(iterator, stop);
        };
    }

    /**
     * Wraps an iterator of multi data sets, which is reset before each epoch.
     *
     * @throws IllegalArgumentException if it is null or cannot be reset
     */
    static TrainingData of(@Nullable MultiDataSetIterator iterator) {
        if (iterator == null) {
            throw missing();
        }
        requireReset(iterator.resetSupported());
        return (trainer, stop) -> {
            iterator.reset();
            return trainer.fitUntil(iterator, stop);
        };
    }

    private static IllegalArgumentException missing() {
        return new IllegalArgumentException("An iterator over the training data is needed, got null");
    }

    private static void requireReset(boolean supported) {
        if (!supported) {
            throw new IllegalArgumentException(
                    "Early stopping starts each epoch with reset(), which this iterator does not"
                            + " support: collect its batches in one that does");
        }
    }
}
