/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.ArrayCopy;
import io.github.gradacc.dl4j.Network;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where the sequences of one micro-batch stopped: the state of every recurrent layer between two time segments.
 *
 * <p>DL4J keeps two states in a recurrent layer. In truncated BPTT, LSTM and SimpleRnn start from the one it calls the
 * TBPTT state, GravesLSTM from the other, which DL4J sets to the same after each segment; so here both are set. Not
 * thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class RecurrentState {

    private List<Map<String, INDArray>> states = List.of();
    private boolean begun;

    /** The states at the mark, and arrays to save others in meanwhile. */
    private List<Map<String, INDArray>> marked = List.of();

    private List<Map<String, INDArray>> spare = List.of();
    private boolean marks;
    private boolean begunAtMark;

    /** The state of sequences that have not begun. */
    public RecurrentState() {}

    /** Makes this the state of other sequences that have not begun; the memory is used again. */
    public void reset() {
        begun = false;
    }

    /** Remembers this state, to come back to it after a pass; from then on the memory of two states is kept. */
    public void mark() {
        if (states != marked) {
            spare = marked;
            marked = states;
        }
        begunAtMark = begun;
        marks = true;
    }

    /** Goes back to the state that was marked last. */
    public void rewind() {
        if (states != marked) {
            spare = states;
            states = marked;
        }
        begun = begunAtMark;
    }

    /**
     * Puts the state into the layers.
     *
     * @param copies how many copies of each example the pass sees, 1 or 2
     */
    void restore(Network network, int copies) {
        List<RecurrentLayer> recurrent = recurrent(network);
        for (int i = 0; i < recurrent.size(); i++) {
            Map<String, INDArray> state = new HashMap<>(begun ? states.get(i) : Map.of());
            state.replaceAll((name, array) -> copies == 1 ? array : LoneMask.beside(array, array));
            recurrent.get(i).rnnSetTBPTTState(state);
            recurrent.get(i).rnnSetPreviousState(state);
        }
    }

    /**
     * Takes the state that a pass left in the layers, copied, and leaves none there.
     *
     * @param copies how many copies of each example the pass saw; the first one is kept
     */
    void save(Network network, int copies) {
        List<RecurrentLayer> recurrent = recurrent(network);
        List<Map<String, INDArray>> free = marks && states == marked ? spare : states;
        List<Map<String, INDArray>> saved = new ArrayList<>();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int i = 0; i < recurrent.size(); i++) {
                Map<String, INDArray> memory = free.isEmpty() ? Map.of() : free.get(i);
                Map<String, INDArray> own = new HashMap<>();
                recurrent
                        .get(i)
                        .rnnGetTBPTTState()
                        .forEach((name, array) -> own.put(
                                name, ArrayCopy.of(copies == 1 ? array : LoneMask.first(array), memory.get(name))));
                saved.add(own);
            }
        }
        states = saved;
        begun = true;
        clear(network);
    }

    /** Leaves no state in the layers. */
    static void clear(Network network) {
        recurrent(network).forEach(RecurrentLayer::rnnClearPreviousState);
    }

    private static List<RecurrentLayer> recurrent(Network network) {
        return network.layers().stream()
                .flatMap(layer -> layer.recurrent().stream())
                .toList();
    }
}
