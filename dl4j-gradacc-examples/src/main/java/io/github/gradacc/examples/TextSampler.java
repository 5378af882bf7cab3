/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.Random;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Lets a trained network write: feeds it a beginning, draws the next character from its probabilities, feeds that
 * back, and so on. A character i to which the network gives the probability p_i is drawn with probability
 *
 * <pre>
 *   p_i^(1/T) / sum_j p_j^(1/T)
 * </pre>
 *
 * where the temperature T is 1 for the distribution that the network learned; values below 1 favor likely characters,
 * values above 1 unlikely ones.
 *
 * @param network trained on one-hot characters
 * @param alphabet what its inputs and outputs mean
 */
record TextSampler(MultiLayerNetwork network, Alphabet alphabet) {

    /**
     * Writes a text. The same seed gives the same text.
     *
     * @param beginning at least one character; not part of the result
     * @param length the number of characters to write
     * @param temperature greater than 0
     * @param seed the seed of the draws
     */
    String write(String beginning, int length, double temperature, long seed) {
        if (beginning.isEmpty() || !(temperature > 0)) {
            throw new IllegalArgumentException("Expected a beginning of at least one character and a temperature above"
                    + " 0, got '" + beginning + "' and " + temperature);
        }
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        network.rnnClearPreviousState();
        String read = beginning;
        for (int i = 0; i < length; i++) {
            INDArray probabilities = network.rnnTimeStep(alphabet.encode(read));
            read = String.valueOf(alphabet.character(draw(last(probabilities), temperature, random)));
            text.append(read);
        }
        network.rnnClearPreviousState();
        return text.toString();
    }

    /** The probabilities after the last time step of an array [1, characters, time]. */
    private static double[] last(INDArray probabilities) {
        return probabilities
                .tensorAlongDimension(probabilities.size(2) - 1, 1)
                .dup()
                .toDoubleVector();
    }

    /** Draws a number. Powers are taken relative to the largest probability, so that they cannot all underflow to 0. */
    static int draw(double[] probabilities, double temperature, Random random) {
        double largest = 0;
        for (double probability : probabilities) {
            largest = Math.max(largest, probability);
        }
        double[] weights = new double[probabilities.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp(Math.log(probabilities[i] / largest) / temperature);
            sum += weights[i];
        }
        double left = random.nextDouble() * sum;
        int drawn = 0;
        for (int i = 0; i < weights.length && left >= 0; i++) {
            if (weights[i] > 0) {
                drawn = i;
                left -= weights[i];
            }
        }
        return drawn;
    }
}
