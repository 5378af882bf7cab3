/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientLayout;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layout that a network and its replicas have in common. Layouts hold the pools of a window, so there must be one only.
 * Thread-safe.
 */
final class SharedLayout {

    private @Nullable Set<String> names;
    private @Nullable GradientLayout layout;

    /**
     * Returns the common layout.
     *
     * @param written the parameters whose gradients a backward pass wrote
     * @param own the layout to share if these parameters are seen for the first time
     */
    synchronized GradientLayout of(Set<String> written, GradientLayout own) {
        GradientLayout common = layout;
        if (common == null || !written.equals(names)) {
            common = own;
            layout = own;
            names = Set.copyOf(written);
        }
        return common;
    }
}
