/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

class TextBatchesTest {

    private static final String TEXT = "abcdefghijklmnopqrstuvw";
    private static final Alphabet ALPHABET = Alphabet.of(TEXT);

    @Test
    void labelsAreTheNextCharacters() {
        List<DataSet> batches = TextBatches.of("abcdefgh", ALPHABET, 3, 2);

        assertThat(batches).hasSize(2);
        assertThat(lines(batches.get(0).getFeatures())).containsExactly("abc", "def");
        assertThat(lines(batches.get(0).getLabels())).containsExactly("bcd", "efg");
        assertThat(lines(batches.get(1).getFeatures())).containsExactly("g");
        assertThat(lines(batches.get(1).getLabels())).containsExactly("h");
    }

    /** Text that ends with a sequence, in the middle of one, and before the first ends; batches full and not. */
    @ParameterizedTest
    @CsvSource({"22, 1", "11, 2", "11, 3", "5, 2", "5, 4", "5, 9", "21, 1", "1, 22", "1, 5", "40, 3"})
    void batchesCoverTheTextOnce(int length, int size) {
        List<DataSet> batches = TextBatches.of(TEXT, ALPHABET, length, size);

        List<String> features = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        for (DataSet batch : batches) {
            assertThat(batch.numExamples()).isBetween(1, size);
            features.addAll(lines(batch.getFeatures()));
            labels.addAll(lines(batch.getLabels()));
        }
        assertThat(String.join("", features)).isEqualTo(TEXT.substring(0, TEXT.length() - 1));
        assertThat(String.join("", labels)).isEqualTo(TEXT.substring(1));
        assertThat(features.subList(0, features.size() - 1)).allMatch(line -> line.length() == length);
    }

    @Test
    void refusesWhatCannotBeCut() {
        assertThatIllegalArgumentException().isThrownBy(() -> TextBatches.of("a", ALPHABET, 3, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> TextBatches.of("ab", ALPHABET, 0, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> TextBatches.of("ab", ALPHABET, 3, 0));
    }

    @Test
    void sonnetsAreTextWithoutRemarks() throws Exception {
        String text = Sonnets.load();

        assertThat(text)
                .startsWith("Shall I compare thee to a summer's day?\n")
                .endsWith("\nAnd in our faults by lies we flatter'd be.\n")
                .doesNotContain("#", "1609");
        assertThat(text.split("\n\n"))
                .hasSize(11)
                .allSatisfy(poem -> assertThat(poem.lines()).hasSize(14));
        assertThat(text.chars()).allMatch(c -> c == '\n' || (c >= ' ' && c <= '~'));
    }

    private static List<String> lines(INDArray sequences) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < sequences.size(0); i++) {
            lines.add(ALPHABET.decode(sequences.slice(i).reshape(1, sequences.size(1), sequences.size(2))));
        }
        return lines;
    }
}
