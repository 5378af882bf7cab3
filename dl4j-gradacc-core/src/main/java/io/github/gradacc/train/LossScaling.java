/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * By what the gradient of the loss is multiplied where it begins, so that the gradients behind it, in a network of a
 * 16-bit type, do not underflow; before clipping, transforms and the updater it is divided out again, in FLOAT. Scores
 * and all that listeners are told are without it. An immutable value.
 *
 * <pre>
 *   for each micro-batch: g := g + gradient of (scale * loss)
 *   if g overflowed:                       skip the step; scale := backoff * scale
 *   otherwise:                             step on g / scale
 *       after so many good steps in a row: scale := growth * scale
 * </pre>
 *
 * <p>The algorithm and the defaults of {@link #dynamic()} are those of torch's {@code GradScaler}; but here the loss is
 * a sum over examples where torch has their mean, so that a good scale is smaller by the size of a micro-batch. A power
 * of two changes no bit of a network in FLOAT or DOUBLE, unless a number leaves the range of its type.
 *
 * @param isDynamic whether the scale changes
 * @param initialScale the scale of the first step, more than 0 and at most 2^40; 1 for no scaling
 * @param growthFactor by what it grows, more than 1; not read unless dynamic
 * @param backoffFactor by what it is multiplied after an overflow, between 0 and 1; not read unless dynamic
 * @param growthInterval after how many steps in a row without an overflow it grows, at least 1; not read unless dynamic
 */
public record LossScaling(
        boolean isDynamic, double initialScale, double growthFactor, double backoffFactor, int growthInterval) {

    /** Beyond this, every loss gradient in FLOAT16 that is not 0 overflows. */
    static final double MOST = 0x1p40;

    private static final double SCALE = 65536;
    private static final double GROWTH = 2;
    private static final double BACKOFF = 0.5;
    private static final int INTERVAL = 2000;

    /** @throws IllegalArgumentException if a number is out of its range */
    public LossScaling {
        require("initialScale", initialScale, initialScale > 0 && initialScale <= MOST, "more than 0 and at most 2^40");
        require("growthFactor", growthFactor, growthFactor > 1 && Double.isFinite(growthFactor), "more than 1");
        require("backoffFactor", backoffFactor, backoffFactor > 0 && backoffFactor < 1, "between 0 and 1");
        require("growthInterval", growthInterval, growthInterval >= 1, "at least 1");
    }

    private static void require(String name, double value, boolean fits, String rule) {
        if (!fits) {
            throw new IllegalArgumentException("The " + name + " of a LossScaling is " + rule + ", got " + value);
        }
    }

    /** Returns no scaling, the default. */
    public static LossScaling none() {
        return constant(1);
    }

    /**
     * Returns a scale that stays. A gradient that overflows by it is not finite, and {@link NonFinitePolicy} decides.
     *
     * @param scale more than 0 and at most 2^40; a power of two is exact
     */
    public static LossScaling constant(double scale) {
        return new LossScaling(false, scale, GROWTH, BACKOFF, INTERVAL);
    }

    /**
     * Returns a scale that finds its size: from 65536, halved when a gradient overflows, doubled after 2000 steps in a
     * row without that. A micro-batch has overflowed if its gradient is not finite though its score is; such a step is
     * skipped, under every policy, without an error, and counted in no limit. If the score is not finite either, it is
     * the data or the network, and {@link NonFinitePolicy} decides, as it does when the scale has come down to 2^-24 or
     * the sum of finite gradients overflows.
     */
    public static LossScaling dynamic() {
        return new LossScaling(true, SCALE, GROWTH, BACKOFF, INTERVAL);
    }

    /** Returns a copy with another scale to start from, such as {@link StepReport#lossScale()} of an earlier run. */
    public LossScaling withInitialScale(double scale) {
        return new LossScaling(isDynamic, scale, growthFactor, backoffFactor, growthInterval);
    }

    /** Returns a copy that grows by another factor. */
    public LossScaling withGrowthFactor(double factor) {
        return new LossScaling(isDynamic, initialScale, factor, backoffFactor, growthInterval);
    }

    /** Returns a copy that backs off by another factor. */
    public LossScaling withBackoffFactor(double factor) {
        return new LossScaling(isDynamic, initialScale, growthFactor, factor, growthInterval);
    }

    /** Returns a copy that grows after another number of good steps. */
    public LossScaling withGrowthInterval(int steps) {
        return new LossScaling(isDynamic, initialScale, growthFactor, backoffFactor, steps);
    }

    /** Tells whether anything is ever scaled. */
    boolean scales() {
        return isDynamic || initialScale != 1;
    }
}
