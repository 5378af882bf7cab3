/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

/**
 * Draws {@code z ~ N(0, 1)} given that {@code lower <= z <= upper}, by rejection (after Robert 1995, "Simulation of
 * truncated normal variables"):
 *
 * <pre>
 *   if upper &lt; 0: draw between -upper and -lower, return the negative
 *   if lower &lt; 1/2 and upper - lower &gt;= 5/2:
 *       z ~ N(0, 1)                                     until it lies between the bounds
 *   else, with m = max(lower, 0):
 *       t ~ density m exp(-m t) on [0, upper - lower]   (uniform if m = 0)
 *       z = lower + t                                   until u &lt;= exp(-(z - m)^2 / 2)
 * </pre>
 *
 * The second loop is exact: for {@code m = lower} the normal density is {@code exp(-m t) exp(-t^2 / 2)} up to a
 * constant, and for {@code m = 0} it is {@code exp(-z^2 / 2)}. At least three in ten proposals are accepted, whatever
 * the bounds.
 */
final class TruncatedGaussian {

    private static final double NEAR = 0.5;
    private static final double WIDE = 2.5;

    private final double lower;
    private final double upper;
    private final double sign;
    private final Draws draws;

    /** Bounds in standard deviations from the mean, {@code lower <= upper}. */
    TruncatedGaussian(double lower, double upper, Draws draws) {
        boolean mirrored = upper < 0;
        this.lower = mirrored ? -upper : lower;
        this.upper = mirrored ? -lower : upper;
        this.sign = mirrored ? -1 : 1;
        this.draws = draws;
    }

    double next() {
        return sign * (lower < NEAR && upper - lower >= WIDE ? fromNormal() : fromExponential());
    }

    private double fromNormal() {
        double z;
        do {
            z = draws.normal();
        } while (!(lower <= z && z <= upper));
        return z;
    }

    private double fromExponential() {
        double mode = Math.max(lower, 0);
        double width = upper - lower;
        double z;
        do {
            double u = draws.uniform();
            z = lower + (mode > 0 ? -Math.log1p(u * Math.expm1(-mode * width)) / mode : u * width);
        } while (!(draws.uniform() <= Math.exp(-(z - mode) * (z - mode) / 2)));
        return z;
    }
}
