/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * An estimate of the gradient noise scale, from all windows so far.
 *
 * @param iteration number of the last step that went into it, from 0
 * @param windows how many windows went into it, at least 1
 * @param noise estimate of S, the trace of the covariance of the gradients of single examples; at least 0
 * @param signal estimate of |G|^2, the squared norm of the true gradient; may be negative, where noise hides it
 */
public record NoiseScale(int iteration, long windows, double noise, double signal) {

    /**
     * Returns S / |G|^2, the simple noise scale of McCandlish et al. (2018), in examples; empty where the estimate of
     * |G|^2 is not above 0: the noise of these windows hides the gradient. Watch more windows, or larger ones.
     */
    public OptionalDouble examples() {
        double scale = noise / signal;
        return signal > 0 && Double.isFinite(scale) ? OptionalDouble.of(scale) : OptionalDouble.empty();
    }

    /**
     * Returns the suggested number of examples of a window: the noise scale, rounded, at least 1. There, both steps and
     * examples are twice what the least number of either would be; much smaller windows take more steps than they save
     * work, much larger ones hardly any fewer steps.
     */
    public OptionalLong suggestedWindow() {
        OptionalDouble scale = examples();
        return scale.isPresent() ? OptionalLong.of(Math.max(1, Math.round(scale.getAsDouble()))) : OptionalLong.empty();
    }

    /** Returns one line for a log. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "gradient noise scale at step %d, from %d window%s: %s (S %.3g, |G|^2 %.3g)",
                iteration,
                windows,
                windows == 1 ? "" : "s",
                examples().isPresent()
                        ? String.format(Locale.ROOT, "%.3g examples", examples().getAsDouble())
                        : "more than can be told from them",
                noise,
                signal);
    }
}
