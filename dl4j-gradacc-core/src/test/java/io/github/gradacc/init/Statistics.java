/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** Moments of a sample, the Kolmogorov-Smirnov test, and the normal distribution function. */
final class Statistics {

    /** Standard errors that a seeded test may be off by: one in 1.7 million by chance. */
    private static final double STANDARD_ERRORS = 5;

    /** D sqrt(n) is above this once in a thousand samples (Kolmogorov's limit, 2 exp(-2 x^2) = 0.001). */
    private static final double KOLMOGOROV = 1.95;

    private Statistics() {}

    /** Asserts the mean and the variance of a sample, given the true mean, deviation and fourth central moment. */
    static void assertMoments(String what, double[] sample, double mean, double std, double moment4) {
        int n = sample.length;
        double m = 0;
        double v = 0;
        double f = 0;
        for (double x : sample) {
            double square = (x - mean) * (x - mean);
            m += x / n;
            v += square / n;
            f += square * square / n;
        }
        double errorOfVariance = Math.sqrt((moment4 - Math.pow(std, 4)) / n);
        assertThat(Math.abs(m - mean))
                .as("%s: mean %s", what, m)
                .isLessThanOrEqualTo(STANDARD_ERRORS * std / Math.sqrt(n));
        assertThat(Math.abs(v - std * std))
                .as("%s: variance %s, expected %s", what, v, std * std)
                .isLessThanOrEqualTo(STANDARD_ERRORS * errorOfVariance);
        // The error of the fourth moment takes the eighth; for the normal it is 105 std^8, more than for the others
        // here.
        assertThat(Math.abs(f - moment4))
                .as("%s: fourth moment %s, expected %s", what, f, moment4)
                .isLessThanOrEqualTo(STANDARD_ERRORS * Math.sqrt(96.0 / n) * Math.pow(std, 4));
    }

    /** Asserts that a sample is from a distribution; the sample is sorted. */
    static void assertDistribution(String what, double[] sample, DoubleUnaryOperator distribution) {
        Arrays.sort(sample);
        double distance = 0;
        for (int i = 0; i < sample.length; i++) {
            double f = distribution.applyAsDouble(sample[i]);
            distance = Math.max(distance, Math.max(f - (double) i / sample.length, (i + 1.0) / sample.length - f));
        }
        assertThat(distance * Math.sqrt(sample.length))
                .as("%s: D sqrt(n)", what)
                .isLessThan(KOLMOGOROV);
    }

    /** The standard normal distribution function by its power series (Marsaglia 2004), for |z| below 8. */
    static double normalCdf(double z) {
        double term = z;
        double sum = z;
        for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
            term *= z * z / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    }
}
