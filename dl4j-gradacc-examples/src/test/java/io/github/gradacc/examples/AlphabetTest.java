/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class AlphabetTest {

    @Test
    void hasEachCharacterOnceInOrder() {
        assertThat(Alphabet.of("banana\nbread").characters()).isEqualTo("\nabdenr");
    }

    @Test
    void decodesWhatItEncoded() {
        String text = "Shall I compare thee?\n";
        Alphabet alphabet = Alphabet.of(text);

        INDArray encoded = alphabet.encode(text);

        assertThat(encoded.shape()).containsExactly(1, alphabet.size(), text.length());
        assertThat(encoded.sum(1).toFloatVector()).as("one-hot").containsOnly(1);
        assertThat(alphabet.decode(encoded)).isEqualTo(text);
        assertThat(alphabet.decode(alphabet.encode("\n"))).isEqualTo("\n");
    }

    @Test
    void refusesCharactersThatItLacks() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Alphabet("abc").encode("abd"))
                .withMessage("'d' is not one of the alphabet's 3 characters: abc");
    }

    @Test
    void refusesToBeEmptyOrAmbiguous() {
        assertThatIllegalArgumentException().isThrownBy(() -> Alphabet.of(""));
        assertThatIllegalArgumentException().isThrownBy(() -> new Alphabet("aba"));
    }
}
