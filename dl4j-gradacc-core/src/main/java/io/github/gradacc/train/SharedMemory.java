/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.MicroGradient;
import java.util.Map;
import java.util.Optional;

/**
 * What {@link SharedSteps} have beside the network: between two steps no window is open.
 *
 * @param remembering what has a memory, by the name of its setting
 */
record SharedMemory(Map<String, Remembering> remembering) implements Resumable {

    @Override
    public Optional<WindowState> state() {
        return Optional.empty();
    }

    @Override
    public Optional<MicroGradient> trial(WindowState saved) {
        throw new IllegalArgumentException(
                "it has an open window of " + saved.window().batches()
                        + " batches, and a window whose shares are computed elsewhere is never open between two steps");
    }

    @Override
    public void restore(WindowState saved, Optional<MicroGradient> like) {
        throw new IllegalStateException("Such a window is refused when it is tried");
    }

    @Override
    public void discard() {
        // There is none.
    }
}
