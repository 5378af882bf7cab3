/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Collection;
import java.util.List;
import org.deeplearning4j.optimize.api.TrainingListener;

/**
 * Keeps a network's listeners from hearing of a pass, for as long as it is open; another listener hears of it instead.
 *
 * <p>DL4J announces every forward and backward pass to the listeners in the network's own list. The list is emptied
 * rather than replaced, since replacing it would also reach into the layers and the solver.
 */
final class ListenerSilence implements AutoCloseable {

    private final Collection<TrainingListener> live;
    private final List<TrainingListener> silenced;

    ListenerSilence(Collection<TrainingListener> live, TrainingListener instead) {
        this.live = live;
        silenced = List.copyOf(live);
        live.clear();
        live.add(instead);
    }

    @Override
    public void close() {
        live.clear();
        live.addAll(silenced);
    }
}
