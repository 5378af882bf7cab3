/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.apiguardian.api.API;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Lets the calling thread draw from a stream that belongs to one micro-batch of one step, until it is closed; the
 * thread's generator then goes on where it was.
 *
 * <p>The stream depends on the network's seed, the step and the micro-batch alone: not on the thread, nor on what other
 * micro-batches drew.
 */
@API(status = API.Status.INTERNAL)
public final class RandomStream implements AutoCloseable {

    private final GeneratorState before = GeneratorState.ofThisThread();

    private RandomStream() {}

    static RandomStream of(long networkSeed, int iteration, int microBatch) {
        RandomStream stream = ofThread();
        Nd4j.getRandom().setSeed(mix(mix(mix(networkSeed) + iteration) + microBatch));
        return stream;
    }

    /** Notes where the generator of the calling thread is, which goes on; closing this lets it go back there. */
    public static RandomStream ofThread() {
        return new RandomStream();
    }

    @Override
    public void close() {
        before.putIntoThisThread();
    }

    /** One step of SplitMix64 (Steele, Lea and Flood 2014), which spreads neighboring numbers over all 64 bits. */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
