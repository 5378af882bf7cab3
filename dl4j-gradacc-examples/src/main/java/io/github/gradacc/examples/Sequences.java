/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.loss.LossCtc;
import java.util.Arrays;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Noisy writing in one dimension. Each token is a pattern of its own that lasts 2 to 4 time steps, and between tokens
 * is a pause, so that nobody knows which token stands at which time step. That is what CTC is for.
 */
final class Sequences {

    static final int CHANNELS = 6;
    static final int TIME_STEPS = 18;

    /** Tokens and the blank of CTC, which is class 0. */
    static final int CLASSES = 5;

    private static final int LONGEST = 3;
    private static final double NOISE = 0.25;

    /** Of each token, the channels that are 1; the others are 0, as all of them in a pause. */
    private static final float[][] PATTERNS = {
        {0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0}, {0, 0, 1, 1, 0, 0}, {0, 0, 0, 0, 1, 1}, {1, 0, 0, 1, 0, 0}
    };

    private final INDArray features;
    private final int[][] targets;

    private Sequences(INDArray features, int[][] targets) {
        this.features = features;
        this.targets = targets;
    }

    /** [n, 6, 18], FLOAT; not a copy. */
    INDArray features() {
        return features;
    }

    /** The tokens of a sequence, each from 1 to 4; a copy. */
    int[] target(int sequence) {
        return targets[sequence].clone();
    }

    /** Writes sequences of 2 or 3 tokens. */
    static Sequences draw(int examples, long seed) {
        Random random = new Random(seed);
        float[][][] features = new float[examples][CHANNELS][TIME_STEPS];
        int[][] targets = new int[examples][];
        for (int i = 0; i < examples; i++) {
            targets[i] =
                    random.ints(2 + random.nextInt(LONGEST - 1), 1, CLASSES).toArray();
            int[] written = write(targets[i], random);
            for (int t = 0; t < TIME_STEPS; t++) {
                for (int c = 0; c < CHANNELS; c++) {
                    features[i][c][t] = (float) (PATTERNS[written[t]][c] + NOISE * random.nextGaussian());
                }
            }
        }
        return new Sequences(Nd4j.createFromArray(features), targets);
    }

    /** Which token stands at each time step, 0 for a pause. */
    private static int[] write(int[] target, Random random) {
        int[] written = new int[TIME_STEPS];
        int time = 0;
        for (int token : target) {
            int from = time + 1 + random.nextInt(2);
            time = from + 2 + random.nextInt(3);
            Arrays.fill(written, from, time, token);
        }
        return written;
    }

    DataSet data() {
        return new DataSet(features, LossCtc.labels(targets, TIME_STEPS));
    }

    /**
     * What is read from logits: the likeliest class of each time step, each run of a class once, without blanks.
     *
     * @param logits [n, 5, T]
     * @return the tokens of each example
     */
    static int[][] read(INDArray logits) {
        INDArray classes = logits.argMax(1);
        int[][] read = new int[(int) logits.size(0)][];
        for (int i = 0; i < read.length; i++) {
            int[] tokens = new int[(int) logits.size(2)];
            int count = 0;
            int last = 0;
            for (int t = 0; t < tokens.length; t++) {
                int token = classes.getInt(i, t);
                if (token != last && token != 0) {
                    tokens[count++] = token;
                }
                last = token;
            }
            read[i] = Arrays.copyOf(tokens, count);
        }
        return read;
    }
}
