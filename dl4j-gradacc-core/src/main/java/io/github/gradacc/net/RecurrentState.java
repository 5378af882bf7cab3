/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.array.ArrayCopy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where the sequences of one micro-batch stopped: the state of every recurrent layer between two time segments.
 *
 * <p>DL4J keeps two states in a recurrent layer. In truncated BPTT, LSTM and SimpleRnn start from the one it calls the TBPTT
 * state, GravesLSTM from the other, which DL4J sets to the same after each segment; so here both are set. Not thread-safe.
 */
public final class RecurrentState {

    private List<Map<String, INDArray>> states = List.of();
    private boolean begun;

    /** The state of sequences that have not begun. */
    public RecurrentState() {}

    /** Makes this the state of other sequences that have not begun; the memory is used again. */
    public void reset() {
        begun = false;
    }

    /** Puts the state into the layers. */
    void restore(Layer[] layers) {
        List<RecurrentLayer> recurrent = recurrent(layers);
        for (int i = 0; i < recurrent.size(); i++) {
            Map<String, INDArray> state = begun ? states.get(i) : Map.of();
            recurrent.get(i).rnnSetTBPTTState(state);
            recurrent.get(i).rnnSetPreviousState(state);
        }
    }

    /** Takes the state that a pass left in the layers, copied, and leaves none there. */
    void save(Layer[] layers) {
        List<RecurrentLayer> recurrent = recurrent(layers);
        List<Map<String, INDArray>> saved = new ArrayList<>();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            for (int i = 0; i < recurrent.size(); i++) {
                Map<String, INDArray> memory = states.isEmpty() ? Map.of() : states.get(i);
                Map<String, INDArray> copies = new HashMap<>();
                recurrent
                        .get(i)
                        .rnnGetTBPTTState()
                        .forEach((name, array) -> copies.put(name, ArrayCopy.of(array, memory.get(name))));
                saved.add(copies);
            }
        }
        states = saved;
        begun = true;
        clear(layers);
    }

    /** Leaves no state in the layers. */
    static void clear(Layer[] layers) {
        recurrent(layers).forEach(RecurrentLayer::rnnClearPreviousState);
    }

    /** The layers that carry a state, those in wrappers (frozen layers, for example) included. */
    private static List<RecurrentLayer> recurrent(Layer[] layers) {
        List<RecurrentLayer> recurrent = new ArrayList<>();
        for (Layer layer : layers) {
            if (TruncatedBptt.unwrapped(layer) instanceof RecurrentLayer found) {
                recurrent.add(found);
            }
        }
        return recurrent;
    }
}
