/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.SplittableRandom;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Random numbers for one tensor, in double precision.
 *
 * <p>The generator is Java's, seeded by ND4J's generator of the current thread, so that the seed of a network
 * reproduces its weights. ND4J's own vectorized draws are not used: their uniforms have 23 bits in DOUBLE too, and
 * their normals end near five standard deviations.
 */
final class Draws {

    private final SplittableRandom random;

    private Draws(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Takes the next seed from ND4J's generator; {@code nextLong} of 1.0.0-M2.1 carries only 32 random bits. */
    static Draws next() {
        long high = Nd4j.getRandom().nextLong();
        long low = Nd4j.getRandom().nextLong();
        return new Draws(Long.rotateLeft(high, 32) ^ low);
    }

    /** Uniform on [0, 1), 53 bits. */
    double uniform() {
        return random.nextDouble();
    }

    /** Uniform between the two ends; rounding does not step over the upper one. */
    double uniform(double lower, double upper) {
        return Math.min(upper, lower + random.nextDouble() * (upper - lower));
    }

    /** Standard normal. */
    double normal() {
        return random.nextGaussian();
    }

    /** A whole number from 0 to {@code bound - 1}. */
    int below(int bound) {
        return random.nextInt(bound);
    }
}
