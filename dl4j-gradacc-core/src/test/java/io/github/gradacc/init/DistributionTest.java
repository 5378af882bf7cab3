/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** A million weights and more against the distribution functions. */
final class DistributionTest {

    record Case(
            IWeightInit initializer,
            double lower,
            double upper,
            DoubleUnaryOperator distribution,
            Supplier<double[]> sample) {
        @Override
        public String toString() {
            return initializer.toString();
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                uniform(new Uniform(-2, 3), -2, 3, 1000, 1000),
                normal(new Normal(1.5, 0.3), 1.5, 0.3, 1000, 1000),
                truncated(0, 1, -2, 2),
                truncated(0, 0.02, -2, 2),
                truncated(1, 2, -1, 2),
                truncated(0, 1, 0.5, 3),
                truncated(0, 1, 0.4, Double.POSITIVE_INFINITY),
                truncated(3, 1, Double.NEGATIVE_INFINITY, 0),
                truncated(-1, 0.5, 0.25, 0.75),
                truncated(0, 1, -0.3, 1.2),
                // Fans 500 and 2000; 6 / 2500 = 0.0024.
                uniform(new XavierUniform(0.5), -0.5 * Math.sqrt(0.0024), 0.5 * Math.sqrt(0.0024), 500, 2000),
                // A convolution: fan in 90, fan out 9000 * 9.
                normal(new KaimingNormal(FanMode.FAN_IN, 3), 0, 3 / Math.sqrt(90), 12000, 10, 3, 3),
                uniform(new KaimingUniform(FanMode.FAN_OUT, 1), -0.05, 0.05, 1000, 1200),
                normal(new XavierNormal(2), 0, 2 * Math.sqrt(2.0 / 2500), 500, 2000));
    }

    private static Case uniform(IWeightInit initializer, double lower, double upper, long... shape) {
        return new Case(
                initializer, lower, upper, x -> (x - lower) / (upper - lower), () -> sample(initializer, shape));
    }

    private static Case normal(IWeightInit initializer, double mean, double std, long... shape) {
        double infinity = Double.POSITIVE_INFINITY;
        return new Case(
                initializer,
                -infinity,
                infinity,
                x -> Statistics.normalCdf((x - mean) / std),
                () -> sample(initializer, shape));
    }

    private static Case truncated(double mean, double std, double lower, double upper) {
        // The series is good to 8 standard deviations, beyond which nothing is.
        double from = Statistics.normalCdf(Math.max(-8, (lower - mean) / std));
        double to = Statistics.normalCdf(Math.min(8, (upper - mean) / std));
        IWeightInit initializer = new TruncatedNormal(mean, std, lower, upper);
        return new Case(
                initializer,
                lower,
                upper,
                x -> (Statistics.normalCdf((x - mean) / std) - from) / (to - from),
                () -> sample(initializer, 1000, 1000));
    }

    private static double[] sample(IWeightInit initializer, long... shape) {
        return Filled.with(11, initializer, shape).dup('c').data().asDouble();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("cases")
    void followsItsDistribution(Case it) {
        double[] sample = it.sample().get();
        assertThat(sample).hasSizeGreaterThanOrEqualTo(1_000_000);
        Statistics.assertDistribution(it.toString(), sample, it.distribution());
        assertThat(sample[0]).isGreaterThanOrEqualTo(it.lower());
        assertThat(sample[sample.length - 1]).isLessThanOrEqualTo(it.upper());
    }

    /** In the far tail {@code z - a} is exponential with rate a, nearly: Mills' ratio gives the mean (Gordon 1941). */
    @Test
    void farTailsKeepTheirDigits() {
        double a = 30;
        double[] sample = Filled.with(3, new TruncatedNormal(0, 1, a, 40), 500, 500)
                .dup('c')
                .data()
                .asDouble();
        double mean = Arrays.stream(sample).average().orElseThrow();
        assertThat(mean).isBetween(a + a / (a * a + 2.5), a + 1 / a);
        Statistics.assertDistribution("beyond 30", sample, z -> -Math.expm1(-(z - a) * (z + a) / 2));
    }

    @Test
    void aMirroredTailIsTheMirroredTail() {
        double[] right =
                Filled.with(3, new TruncatedNormal(0, 1, 2, 3), 100).data().asDouble();
        double[] left =
                Filled.with(3, new TruncatedNormal(0, 1, -3, -2), 100).data().asDouble();
        assertThat(left).isEqualTo(Arrays.stream(right).map(x -> -x).toArray());
    }

    /** 0.3 is above its FLOAT neighbors and below its BFLOAT16 one: bounds hold as rounded to the type. */
    @Test
    void roundedValuesStayWithinRoundedBounds() {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16}) {
            for (IWeightInit initializer :
                    new IWeightInit[] {new Uniform(-0.1, 0.3), new TruncatedNormal(0, 1, -0.1, 0.3)}) {
                var weights = Filled.with(3, initializer, type, 'c', 100, 100);
                var bounds = Nd4j.createFromArray(-0.1, 0.3).castTo(type);
                assertThat(weights.minNumber().doubleValue()).isGreaterThanOrEqualTo(bounds.getDouble(0));
                assertThat(weights.maxNumber().doubleValue()).isLessThanOrEqualTo(bounds.getDouble(1));
            }
        }
    }

    @Test
    void degenerateDistributionsAreConstant() {
        assertThat(Filled.with(1, new Uniform(2, 2), 3, 4).dup('c').data().asDouble())
                .containsOnly(2);
        assertThat(Filled.with(1, new Normal(2, 0), 3, 4).dup('c').data().asDouble())
                .containsOnly(2);
        assertThat(Filled.with(1, new TruncatedNormal(0, 1, 2, 2), 3, 4)
                        .dup('c')
                        .data()
                        .asDouble())
                .containsOnly(2);
        assertThat(Filled.with(1, new XavierUniform(0), 3, 4).dup('c').data().asDouble())
                .containsOnly(0);
    }

    /** torch takes negative gains; the distribution is the same. */
    @Test
    void negativeGainsAreGains() {
        double[] sample =
                Filled.with(1, new XavierUniform(-1), 300, 300).dup('c').data().asDouble();
        Statistics.assertDistribution("gain -1", sample, x -> (x + 0.1) / 0.2);
    }
}
