/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/**
 * The two ways in which a layer may store a running variance, and how an update of either reads as a
 * change {@code v0 - v1} of the variance itself, from {@code v0} to {@code v1}.
 */
@API(status = API.Status.INTERNAL)
public enum VarianceForm {
    /** The parameter is the variance {@code v}; the update is {@code v0 - v1}. */
    VARIANCE {
        @Override
        double toChange(double update, double parameter) {
            return update;
        }

        @Override
        double toUpdate(double change, double parameter) {
            return change;
        }
    },

    /**
     * The parameter is {@code g = log10(sqrt(v))}; the update is {@code g0 - g1 = log10(v0 / v1) / 2}, so that
     * {@code v0 - v1 = v0 (1 - 10^(-2 update))}.
     */
    LOG10_STANDARD_DEVIATION {
        @Override
        double toChange(double update, double parameter) {
            return -variance(parameter) * Math.expm1(-2 * LN_10 * update);
        }

        @Override
        double toUpdate(double change, double parameter) {
            return -Math.log1p(-change / variance(parameter)) / (2 * LN_10);
        }

        private double variance(double parameter) {
            return Math.exp(2 * LN_10 * parameter);
        }
    };

    private static final double LN_10 = Math.log(10);

    /** Returns {@code v0 - v1} for an update of the parameter. */
    abstract double toChange(double update, double parameter);

    /** Returns the update of the parameter for a change {@code v0 - v1} of the variance. */
    abstract double toUpdate(double change, double parameter);
}
