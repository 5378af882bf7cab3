/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.junit.jupiter.api.Tag;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/**
 * A character-level LSTM, trained by truncated BPTT on lines of different length: each line is a batch, three lines a
 * window. The reference is the three lines in one array, padded with zeros and masked there.
 */
class CharacterSequencesTest {

    private static final int SEGMENT = 8;
    private static final String CHARACTERS = " abcdefghiklmnoprstuvwy";

    /** Of 17, 4, 12, 8, 25 and 9 characters: a segment more, a segment less, and exactly one. */
    private static final List<String> LINES = List.of(
            "gather ye rosebuds", "while", "ye may old ti", "me is sti", "ll a flying and this same f", "lower tha");

    @Tag("slow")
    @EachNetworkClass
    <T extends Model> void linesOfDifferentLengthEqualThePaddedAndMaskedWhole(NetworkClass<T> type) {
        T ours = truncated(type);
        T reference = truncated(type);
        List<DataSet> lines =
                LINES.stream().map(line -> batch(line.length(), line)).toList();
        int steps = 0;
        for (int epoch = 0; epoch < 2; epoch++) {
            for (int i = 0; i < LINES.size(); i += 3) {
                List<String> window = LINES.subList(i, i + 3);
                int longest = window.stream().mapToInt(String::length).max().orElseThrow();
                type.fit(reference, batch(longest, window.toArray(String[]::new)));
                // One less: the last character is a label only.
                steps += (longest - 1 + SEGMENT - 1) / SEGMENT;
            }
        }
        try (var trainer = type.builder(ours).accumulationSteps(3).build()) {
            trainer.fit(ExactnessCase.iterate(lines));
            trainer.fit(ExactnessCase.iterate(lines));
        }
        assertThat(type.iterations(ours)).isEqualTo(steps).isEqualTo(type.iterations(reference));
        Tolerance.assertClose("parameters", ours.params(), reference.params(), Tolerance.DOUBLE);
        Tolerance.assertClose("updater state", type.updaterState(ours), type.updaterState(reference), Tolerance.DOUBLE);
        Tolerance.assertClose("score", ours.score(), reference.score(), Tolerance.DOUBLE);
    }

    private static <T extends Model> T truncated(NetworkClass<T> type) {
        MultiLayerConfiguration configuration = Nets.settings()
                .updater(new Adam(0.02))
                .list()
                .layer(lstm(6))
                .layer(lstm(5))
                .layer(rnnSoftmax(CHARACTERS.length()))
                .setInputType(InputType.recurrent(CHARACTERS.length()))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(SEGMENT)
                .build();
        return type.init(configuration);
    }

    /** One-hot lines and, one step ahead, their labels; zeros and a mask after the end of a line. */
    private static DataSet batch(int longest, String... lines) {
        int steps = longest - 1;
        INDArray features = Nd4j.zeros(DataType.DOUBLE, lines.length, CHARACTERS.length(), steps);
        INDArray labels = features.like();
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, lines.length, steps);
        for (int i = 0; i < lines.length; i++) {
            for (int t = 0; t < lines[i].length() - 1; t++) {
                features.putScalar(new int[] {i, CHARACTERS.indexOf(lines[i].charAt(t)), t}, 1);
                labels.putScalar(new int[] {i, CHARACTERS.indexOf(lines[i].charAt(t + 1)), t}, 1);
                mask.putScalar(i, t, 1);
            }
        }
        return lines.length == 1 ? new DataSet(features, labels) : new DataSet(features, labels, mask, mask.dup());
    }
}
