/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.MicroGradient;
import java.util.Map;
import java.util.Optional;

/** What a training has beside its network, as far as it is saved with it. */
interface Resumable {

    /** Returns what has a memory from step to step, by the name of its setting. */
    Map<String, Remembering> remembering();

    /** Returns the window that is open, not copied; nothing is changed. */
    Optional<WindowState> state();

    /**
     * Finds out what the sum of a saved window means, without a change to the network.
     *
     * @throws IllegalArgumentException if the window cannot be gone on with
     */
    Optional<MicroGradient> trial(WindowState saved);

    /**
     * Goes on with a window, in place of what is open.
     *
     * @param like what {@link #trial} found out
     */
    void restore(WindowState saved, Optional<MicroGradient> like);

    /** Forgets the open window. */
    void discard();
}
