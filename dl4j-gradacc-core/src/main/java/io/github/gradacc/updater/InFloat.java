/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Computes a step in FLOAT for a gradient and a state of a type with fewer digits, which stay what is stored.
 *
 * <p>Squares are stored as their roots: in HALF the square of 1e-4 is 0, and updates would be divided by it.
 */
final class InFloat {

    private final State stored;
    private final State computed;
    private final INDArray update;
    private final Slots slots;

    InFloat(INDArray gradient, State stored, Slots slots) {
        this.stored = stored;
        this.slots = slots;
        computed = stored.inFloat();
        update = State.detached(DataType.FLOAT, gradient);
    }

    static boolean isNeededFor(INDArray array) {
        return array.dataType() != DataType.FLOAT && array.dataType() != DataType.DOUBLE;
    }

    void apply(TorchUpdater updater, INDArray gradient, int iteration, int epoch) {
        update.assign(gradient);
        for (int i = 0; i < slots.size(); i++) {
            INDArray array = computed.get(i).assign(stored.get(i));
            if (slots.get(i).squares()) {
                array.muli(array);
            }
        }
        updater.apply(update, computed, iteration, epoch);
        gradient.assign(update);
        for (int i = 0; i < slots.size(); i++) {
            INDArray array = computed.get(i);
            stored.get(i).assign(slots.get(i).squares() ? Transforms.sqrt(array, false) : array);
        }
    }
}
