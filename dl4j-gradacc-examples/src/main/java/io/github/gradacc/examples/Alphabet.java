/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The characters of a text, each with a number, and text as arrays.
 *
 * @param characters each character once; its position is its number
 */
record Alphabet(String characters) {

    Alphabet {
        if (characters.isEmpty() || characters.chars().distinct().count() != characters.length()) {
            throw new IllegalArgumentException(
                    "An alphabet has at least one character, and none of them twice, got '" + characters + "'");
        }
    }

    /** The characters that occur in a text, in ascending order. */
    static Alphabet of(String text) {
        return new Alphabet(
                text.chars().distinct().sorted().mapToObj(Character::toString).collect(Collectors.joining()));
    }

    int size() {
        return characters.length();
    }

    char character(int number) {
        return characters.charAt(number);
    }

    /** Returns the number of a character, which must be in the alphabet. */
    int number(char character) {
        int number = characters.indexOf(character);
        if (number < 0) {
            throw new IllegalArgumentException(
                    "'" + character + "' is not one of the alphabet's " + size() + " characters: " + characters);
        }
        return number;
    }

    /** Writes a text as a one-hot sequence into a new array, shape [1, {@link #size}, characters], FLOAT. */
    INDArray encode(String text) {
        INDArray sequence = Nd4j.zeros(DataType.FLOAT, 1, size(), text.length());
        for (int t = 0; t < text.length(); t++) {
            sequence.putScalar(new int[] {0, number(text.charAt(t)), t}, 1);
        }
        return sequence;
    }

    /** Reads what {@link #encode} wrote. */
    String decode(INDArray sequence) {
        StringBuilder text = new StringBuilder();
        for (int number : sequence.argMax(1).toIntVector()) {
            text.append(character(number));
        }
        return text.toString();
    }
}
