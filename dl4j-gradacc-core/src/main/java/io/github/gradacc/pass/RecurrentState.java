/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.ArrayCopy;
import io.github.gradacc.array.Slice;
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
 * TBPTT state, GravesLSTM from the other, which DL4J sets to the same after each segment; so here both are set.
 *
 * <p>What a pass saves becomes the state by {@link #advance()}, when its gradient is in the sum: a pass whose gradient
 * never gets there can be made again. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class RecurrentState {

    private List<Map<String, INDArray>> states = List.of();
    private List<Map<String, INDArray>> next = List.of();
    private boolean begun;

    private boolean begunAtMark;
    private boolean hasAdvanced;

    /** The state of sequences that have not begun. */
    public RecurrentState() {}

    /** Makes this the state of other sequences that have not begun; the memory is used again. */
    public void reset() {
        begun = false;
        if (next.isEmpty()) {
            next = states;
            states = List.of();
        }
    }

    /** Lets the state be where the last pass stopped. */
    void advance() {
        swap();
        begun = true;
        hasAdvanced = true;
    }

    private void swap() {
        List<Map<String, INDArray>> before = states;
        states = next;
        next = before;
    }

    /**
     * Returns the state of some of the examples.
     *
     * @param from the first example
     * @param to the example after the last
     * @return a copy
     */
    public RecurrentState of(int from, int to) {
        RecurrentState part = new RecurrentState();
        if (begun) {
            try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                part.states =
                        states.stream().map(state -> part(state, from, to)).toList();
            }
            part.begun = true;
        }
        return part;
    }

    private static Map<String, INDArray> part(Map<String, INDArray> state, int from, int to) {
        Map<String, INDArray> part = new HashMap<>(state);
        part.replaceAll((name, array) -> ArrayCopy.of(Slice.of(array, 0, from, to), null));
        return part;
    }

    /** Remembers this state, to come back to it after one pass. */
    public void mark() {
        begunAtMark = begun;
        hasAdvanced = false;
    }

    /** Goes back to the state that was marked last; at most one pass lies between. */
    public void rewind() {
        if (hasAdvanced) {
            swap();
            begun = begunAtMark;
            hasAdvanced = false;
        }
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
     * Takes the state that a pass left in the layers, copied, for {@link #advance()}, and leaves none there.
     *
     * @param copies how many copies of each example the pass saw; the first one is kept
     */
    void save(Network network, int copies) {
        List<RecurrentLayer> recurrent = recurrent(network);
        List<Map<String, INDArray>> saved = new ArrayList<>();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int i = 0; i < recurrent.size(); i++) {
                Map<String, INDArray> memory = next.isEmpty() ? Map.of() : next.get(i);
                Map<String, INDArray> own = new HashMap<>();
                recurrent
                        .get(i)
                        .rnnGetTBPTTState()
                        .forEach((name, array) -> own.put(
                                name, ArrayCopy.of(copies == 1 ? array : LoneMask.first(array), memory.get(name))));
                saved.add(own);
            }
        }
        next = saved;
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
