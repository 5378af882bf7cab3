/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The arrays of an updater's state, each of the gradient's shape, and an array for intermediate results. */
final class State {

    private final List<INDArray> arrays;
    private @Nullable INDArray scratch;

    private State(List<INDArray> arrays) {
        this.arrays = arrays;
    }

    /**
     * Views of one array, in which the slots lie one behind the other.
     *
     * <p>They have the order of the gradient that DL4J hands over, 'c'. An interval of a vector has the order 'f', for
     * which ND4J's native updaters take a path that looks up each element and is 1.4 to 2 times as slow.
     *
     * @param view as many elements as parameters, times the number of slots; null without slots
     */
    static State in(@Nullable INDArray view, Slots slots) {
        if (slots.size() == 0) {
            return new State(List.of());
        }
        if (view == null || view.length() % slots.size() != 0) {
            throw new IllegalArgumentException("The state must have " + slots.size()
                    + " elements for each parameter, got " + (view == null ? "none" : view.length() + " elements"));
        }
        INDArray flat = view.reshape(view.ordering(), false, view.length());
        long length = flat.length() / slots.size();
        List<INDArray> arrays = new ArrayList<>();
        for (int i = 0; i < slots.size(); i++) {
            arrays.add(flat.get(NDArrayIndex.interval(i * length, (i + 1) * length))
                    .reshape('c', true, length));
        }
        return new State(arrays);
    }

    /** These arrays, which are used and not copied. */
    static State of(Map<String, INDArray> named, Slots slots) {
        List<String> names = slots.list().stream().map(Slot::name).toList();
        if (named.size() != names.size() || !named.keySet().containsAll(names)) {
            throw new IllegalArgumentException("The state must have the arrays " + names + ", got " + named.keySet());
        }
        return new State(names.stream().map(named::get).toList());
    }

    /** New arrays in FLOAT for the values of these. */
    State inFloat() {
        return new State(
                arrays.stream().map(array -> detached(DataType.FLOAT, array)).toList());
    }

    /** Fills the arrays with what they have before the first step, squares as they are stored in their type. */
    void initialize(Slots slots) {
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            boolean root = slot.squares() && InFloat.isNeededFor(arrays.get(i));
            arrays.get(i).assign(root ? Math.sqrt(slot.initial()) : slot.initial());
        }
    }

    /** The array of a slot, itself. */
    INDArray get(int slot) {
        return arrays.get(slot);
    }

    /** An array of the gradient's shape and type, with anything in it; the same one each time. */
    INDArray scratch(INDArray gradient) {
        if (scratch == null || !scratch.equalShapes(gradient)) {
            scratch = detached(gradient.dataType(), gradient);
        }
        return scratch;
    }

    /** Which workspace is open at the time must not matter: the array lives as long as the updater. */
    static INDArray detached(DataType type, INDArray like) {
        try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
            return Nd4j.createUninitialized(type, like.shape(), like.ordering());
        }
    }

    Map<String, INDArray> named(Slots slots) {
        Map<String, INDArray> named = new LinkedHashMap<>();
        for (int i = 0; i < slots.size(); i++) {
            named.put(slots.get(i).name(), arrays.get(i));
        }
        return named;
    }
}
