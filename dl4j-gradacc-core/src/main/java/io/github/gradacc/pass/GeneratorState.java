/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.apiguardian.api.API;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where ND4J's random generator of a thread is: all that decides on the numbers it gives next.
 *
 * @param seed the seed that was set last
 * @param root one state
 * @param node the other state
 */
@API(status = API.Status.INTERNAL)
public record GeneratorState(long seed, long root, long node) {

    /** Returns where the generator of the calling thread is. */
    public static GeneratorState ofThisThread() {
        Random generator = Nd4j.getRandom();
        return new GeneratorState(generator.getSeed(), generator.rootState(), generator.nodeState());
    }

    /** Lets the generator of the calling thread go on from here. */
    public void putIntoThisThread() {
        Random generator = Nd4j.getRandom();
        generator.setSeed(seed);
        generator.setStates(root, node);
    }
}
