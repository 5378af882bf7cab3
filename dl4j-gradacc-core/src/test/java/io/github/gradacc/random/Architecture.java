/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The layers of a random network, each of {@link #UNITS} units.
 *
 * @param graph whether it is a graph
 * @param skip whether the graph's first layer between rows is merged with what it reads
 * @param twoOutputs whether the graph has a second output layer beside the first
 */
record Architecture(
        boolean graph, boolean skip, boolean twoOutputs, Source source, List<Hidden> hidden, Target target) {

    static final int UNITS = 4;

    boolean has(Hidden kind) {
        return hidden.contains(kind);
    }

    /** Whether the network normalizes with the statistics of its micro-batch. */
    boolean normalizesBatch() {
        return hidden.stream().anyMatch(Hidden::normalizesBatch);
    }

    /** Whether there is an output at each step of a sequence. */
    boolean isPerStep() {
        return outputStage() == Hidden.Stage.SEQUENCE;
    }

    Hidden.Stage outputStage() {
        return hidden.isEmpty()
                ? Hidden.Stage.of(source)
                : hidden.get(hidden.size() - 1).to();
    }

    /** The position of the layer that {@code skip} leads around, or -1. */
    int skipped() {
        for (int i = 0; i < hidden.size(); i++) {
            boolean readsPooled = i > 0 && hidden.get(i - 1).poolsAll();
            if (hidden.get(i).from() == Hidden.Stage.ROW && !readsPooled) {
                return i;
            }
        }
        return -1;
    }

    /** Whether each layer can read what the one before it writes. */
    boolean fits() {
        Hidden.Stage stage = Hidden.Stage.of(source);
        for (Hidden layer : hidden) {
            if (layer.from() != stage) {
                return false;
            }
            stage = layer.to();
        }
        return (stage == Hidden.Stage.ROW || stage == Hidden.Stage.SEQUENCE) && (!skip || skipped() >= 0);
    }

    /** Architectures that are simpler by one thing. */
    Stream<Architecture> simpler() {
        List<Architecture> all = new ArrayList<>();
        for (int i = 0; i < hidden.size(); i++) {
            List<Hidden> fewer = new ArrayList<>(hidden);
            fewer.remove(i);
            all.add(new Architecture(graph, skip, twoOutputs, source, List.copyOf(fewer), target));
        }
        all.add(new Architecture(graph, false, twoOutputs, source, hidden, target));
        all.add(new Architecture(graph, skip, false, source, hidden, target));
        all.add(new Architecture(false, false, false, source, hidden, target));
        all.add(new Architecture(graph, skip, twoOutputs, source, hidden, Target.MSE));
        all.add(new Architecture(graph, skip, twoOutputs, Source.ROW, List.of(), target));
        return all.stream().filter(it -> !it.equals(this) && it.fits());
    }
}
