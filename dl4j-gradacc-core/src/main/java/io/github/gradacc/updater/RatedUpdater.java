/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.schedule.ISchedule;

/** An updater whose steps have a learning rate. */
interface RatedUpdater extends TorchUpdater {

    /** The learning rate, itself. */
    LearningRate rate();

    @Override
    default double getLearningRate(int iteration, int epoch) {
        return rate().at(iteration, epoch);
    }

    @Override
    default boolean hasLearningRate() {
        return true;
    }

    @Override
    default void setLrAndSchedule(double lr, @Nullable ISchedule lrSchedule) {
        rate().set(lr, lrSchedule);
    }
}
