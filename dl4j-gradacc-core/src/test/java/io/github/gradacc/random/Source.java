/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.testing.Data;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What a random network reads. */
enum Source {
    /** Four values. */
    ROW,
    /** Two channels of 6 x 6. */
    IMAGE,
    /** Three values at each step. */
    SEQUENCE,
    /** One number of seven. */
    WORD,
    /** One number of seven at each step. */
    WORDS;

    static final int VOCABULARY = 7;
    private static final int SIDE = 6;

    boolean isSequence() {
        return this == SEQUENCE || this == WORDS;
    }

    InputType type(int steps) {
        return switch (this) {
            case ROW -> InputType.feedForward(4);
            case IMAGE -> InputType.convolutional(SIDE, SIDE, 2);
            case SEQUENCE -> InputType.recurrent(3, steps);
            case WORD -> InputType.feedForward(VOCABULARY);
            case WORDS -> InputType.recurrent(VOCABULARY, steps);
        };
    }

    INDArray features(Data data, int examples, int steps) {
        return switch (this) {
            case ROW -> data.normal(examples, 4);
            case IMAGE -> data.normal(examples, 2, SIDE, SIDE);
            case SEQUENCE -> data.normal(examples, 3, steps);
            case WORD -> data.indices(VOCABULARY, examples, 1);
            case WORDS -> data.indices(VOCABULARY, examples, 1, steps);
        };
    }
}
