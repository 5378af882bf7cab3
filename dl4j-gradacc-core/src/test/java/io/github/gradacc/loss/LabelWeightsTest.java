/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.DoubleByDefault;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/** What labels weigh, written down by hand. */
@ExtendWith(DoubleByDefault.class)
final class LabelWeightsTest {

    private static final INDArray INDICES = column(2, 0, 1, 2);

    private static final INDArray PROBABILITIES =
            Nd4j.createFromArray(new double[][] {{1, 0, 0}, {0, 0, 1}, {0.5, 0.25, 0.25}, {0, 0, 0}});

    private static final double[] NUMBERS = {3, 5, 7};

    static Stream<Arguments> losses() {
        INDArray weights = Nd4j.createFromArray(NUMBERS);
        return Stream.of(
                Arguments.of(new LossCrossEntropy(), INDICES, new double[] {1, 1, 1, 1}),
                Arguments.of(new LossCrossEntropy().withWeight(NUMBERS), INDICES, new double[] {7, 3, 5, 7}),
                Arguments.of(
                        new LossCrossEntropy().withWeight(NUMBERS).withIgnoreIndex(2), INDICES, new double[] {0, 3, 5, 0
                        }),
                Arguments.of(new LossCrossEntropy().withWeight(NUMBERS).withLabelSmoothing(0.5), INDICES, new double[] {
                    7, 3, 5, 7
                }),
                Arguments.of(new LossCrossEntropy().withWeight(NUMBERS), PROBABILITIES, new double[] {
                    3, 7, 1.5 + 1.25 + 1.75, 0
                }),
                Arguments.of(new LossNll().withWeight(NUMBERS).withIgnoreIndex(0), INDICES, new double[] {7, 0, 5, 7}),
                Arguments.of(new LossNll(), PROBABILITIES, new double[] {1, 1, 1, 0}),
                Arguments.of(new LossMCXENT(weights), PROBABILITIES, new double[] {3, 7, 4.5, 0}),
                Arguments.of(new LossMCXENT(), PROBABILITIES, new double[] {1, 1, 1, 0}),
                Arguments.of(new LossNegativeLogLikelihood(weights), PROBABILITIES, new double[] {3, 7, 4.5, 0}),
                Arguments.of(sparse(weights), INDICES, new double[] {7, 3, 5, 7}),
                Arguments.of(new LossBinaryXENT(weights), PROBABILITIES, new double[] {1, 1, 1, 1}),
                Arguments.of(new LossBce().withWeight(NUMBERS), PROBABILITIES, new double[] {1, 1, 1, 1}),
                Arguments.of(new LossMultiMargin().withWeight(NUMBERS), INDICES, new double[] {1, 1, 1, 1}));
    }

    /** JUnit would close the arrays, which are closeable. */
    @ParameterizedTest(autoCloseArguments = false)
    @MethodSource("losses")
    void areThoseOfTheLabels(ILossFunction loss, INDArray labels, double... expected) {
        assertThat(LabelWeights.of(loss).labelWeights(labels)).containsExactly(expected);
    }

    /** Whether such labels are allowed depends on the mask, which the loss looks at. */
    @Test
    void labelsThatNameNoClassWeighNothing() {
        INDArray labels = column(-1, 3, 1.5, Double.NaN, -100, 1);
        assertThat(new LossCrossEntropy().withWeight(NUMBERS).labelWeights(labels))
                .containsExactly(0, 0, 0, 0, 0, 5);
    }

    @Test
    void aLossOfOnesOwnSaysWhatItsLabelsWeigh() {
        assertThat(LabelWeights.of(new Own()).labelWeights(INDICES)).containsExactly(4);
    }

    private static final class Own extends LossMCXENT implements LabelWeights {

        @Override
        public double[] labelWeights(INDArray labels) {
            return new double[] {4};
        }
    }

    private static ILossFunction sparse(INDArray weights) {
        LossSparseMCXENT loss = new LossSparseMCXENT();
        loss.setWeights(weights);
        return loss;
    }

    private static INDArray column(double... values) {
        return Nd4j.createFromArray(values).reshape(values.length, 1);
    }
}
