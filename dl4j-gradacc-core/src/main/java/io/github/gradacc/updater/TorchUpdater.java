/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.IUpdater;

/** An updater by its formula: what state it has, and how a step turns gradient and state into the update. */
interface TorchUpdater extends IUpdater {

    /** The arrays of the state, in the order in which they are stored. */
    Slots slots();

    /**
     * Turns the gradient into what is to be subtracted from the parameters, in place, and moves the state on.
     *
     * @param gradient FLOAT or DOUBLE, of any shape
     * @param state its arrays have the gradient's type and shape
     * @param iteration the number of steps before this one
     */
    void apply(INDArray gradient, State state, int iteration, int epoch);

    @Override
    TorchUpdater clone();

    @Override
    default long stateSize(long numParams) {
        return numParams * slots().size();
    }

    @Override
    default GradientUpdater<?> instantiate(@Nullable INDArray viewArray, boolean initializeViewArray) {
        return new StateUpdater(this, State.in(viewArray, slots()), initializeViewArray);
    }

    @Override
    default GradientUpdater<?> instantiate(Map<String, INDArray> updaterState, boolean initializeStateArrays) {
        return new StateUpdater(this, State.of(updaterState, slots()), initializeStateArrays);
    }
}
