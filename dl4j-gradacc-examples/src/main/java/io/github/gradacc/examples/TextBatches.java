/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A text cut into sequences, from which a network learns to predict the next character.
 *
 * <pre>
 *   text, sequences of 3     a b c d e f g h
 *   features                 [a b c] [d e f] [g]
 *   labels                   [b c d] [e f g] [h]
 * </pre>
 *
 * The last sequence takes what is left. If that makes it shorter than the others, it is a batch of its own: a batch
 * is one array, but a window may contain batches of different lengths, so nothing has to be padded or masked.
 */
final class TextBatches {

    private TextBatches() {}

    /**
     * Cuts a text.
     *
     * @param text at least two characters of the alphabet
     * @param alphabet what the one-hot arrays mean
     * @param length the number of characters in a sequence, at least 1
     * @param size the largest number of sequences in a batch, at least 1
     * @return batches of features and labels, both of shape [sequences, characters of the alphabet, time]
     */
    static List<DataSet> of(String text, Alphabet alphabet, int length, int size) {
        if (text.length() < 2 || length < 1 || size < 1) {
            throw new IllegalArgumentException(
                    "Expected a text of at least 2 characters, and a length and a size of at least 1, got "
                            + text.length() + ", " + length + " and " + size);
        }
        List<DataSet> batches = new ArrayList<>();
        List<String> batch = new ArrayList<>();
        for (int start = 0; start < text.length() - 1; start += length) {
            // One character more than a sequence has: the label of the last.
            String sequence = text.substring(start, Math.min(start + length + 1, text.length()));
            boolean shorter = sequence.length() < length + 1;
            if (batch.size() == size || (shorter && !batch.isEmpty())) {
                batches.add(encode(batch, alphabet));
                batch.clear();
            }
            batch.add(sequence);
        }
        batches.add(encode(batch, alphabet));
        return batches;
    }

    private static DataSet encode(List<String> sequences, Alphabet alphabet) {
        List<INDArray> features = new ArrayList<>();
        List<INDArray> labels = new ArrayList<>();
        for (String sequence : sequences) {
            features.add(alphabet.encode(sequence.substring(0, sequence.length() - 1)));
            labels.add(alphabet.encode(sequence.substring(1)));
        }
        return new DataSet(
                Nd4j.concat(0, features.toArray(INDArray[]::new)), Nd4j.concat(0, labels.toArray(INDArray[]::new)));
    }
}
