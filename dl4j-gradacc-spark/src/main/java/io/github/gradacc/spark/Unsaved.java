/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.TrackedTraining;
import io.github.gradacc.train.TrainingInterruptedException;

/** Nothing is kept: who stops the training begins anew. */
final class Unsaved implements Progress {

    @Override
    public Place begin(String data) {
        return Place.START;
    }

    @Override
    public void reached(Place now) {
        // Spark's next job notices an interrupt.
    }

    @Override
    public void ended(Place now) {
        // The caller has the network.
    }

    @Override
    public void failed(Exception failure) {
        if (failure instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            TrainingInterruptedException interrupted = TrackedTraining.interrupted(
                    "Training was interrupted while Spark computed a window; the network is as after its last step");
            interrupted.addSuppressed(failure);
            throw interrupted;
        }
    }

    @Override
    public void close() {
        // Nothing was opened.
    }
}
