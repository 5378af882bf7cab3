/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;

/** An updater with its state. */
final class StateUpdater implements GradientUpdater<TorchUpdater> {

    private final TorchUpdater config;
    private final Slots slots;
    private State state;
    private @Nullable InFloat inFloat;

    StateUpdater(TorchUpdater config, State state, boolean initialize) {
        this.config = config;
        this.slots = config.slots();
        this.state = state;
        initialize(initialize);
    }

    @Override
    public TorchUpdater getConfig() {
        return config;
    }

    @Override
    public void setState(Map<String, INDArray> stateMap, boolean initialize) {
        state = State.of(stateMap, slots);
        initialize(initialize);
    }

    @Override
    public Map<String, INDArray> getState() {
        return state.named(slots);
    }

    @Override
    public void setStateViewArray(INDArray viewArray, long[] gradientShape, char gradientOrder, boolean initialize) {
        state = State.in(viewArray, slots);
        initialize(initialize);
    }

    private void initialize(boolean initialize) {
        inFloat = null;
        if (initialize) {
            state.initialize(slots);
        }
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
        if (!InFloat.isNeededFor(gradient)) {
            config.apply(gradient, state, iteration, epoch);
            return;
        }
        if (inFloat == null) {
            inFloat = new InFloat(gradient, state, slots);
        }
        inFloat.apply(config, gradient, iteration, epoch);
    }
}
