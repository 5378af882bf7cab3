/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Tolerance;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** Where plain formulas overflow or cancel, values are those of the limit; and where a formula has a kink, torch's. */
@ExtendWith(DoubleByDefault.class)
final class StabilityTest {

    private static final double[] LOGITS = {-1e4, -800, -50, -1, 0, 1, 50, 800, 1e4};

    private static INDArray column(double... values) {
        return Nd4j.createFromArray(values).reshape(values.length, 1);
    }

    private static INDArray constant(double value) {
        return Nd4j.valueArrayOf(new long[] {LOGITS.length, 1}, value);
    }

    private static void verify(ILossFunction loss, double label, DoubleUnaryOperator score, DoubleUnaryOperator slope) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT}) {
            Given given = new Given(loss, constant(label), column(LOGITS).castTo(type));
            INDArray scores = given.scores().castTo(DataType.DOUBLE);
            INDArray gradient = given.gradient().castTo(DataType.DOUBLE);
            double tolerance = type == DataType.DOUBLE ? 1e-13 : 1e-6;
            for (int i = 0; i < LOGITS.length; i++) {
                String at = type + " at " + LOGITS[i];
                Tolerance.assertClose(at, scores.getDouble(i), score.applyAsDouble(LOGITS[i]), tolerance);
                Tolerance.assertClose(at, gradient.getDouble(i), slope.applyAsDouble(LOGITS[i]), tolerance);
            }
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** log(1 + e^x), by the series of Java's own log1p on the side that does not overflow. */
    private static double softplus(double x) {
        return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
    }

    @Test
    void logisticLosses() {
        verify(new LossBceWithLogits(), 1, x -> softplus(-x), x -> -sigmoid(-x));
        verify(new LossBceWithLogits(), 0, x -> softplus(x), x -> sigmoid(x));
        verify(
                new LossBceWithLogits().withPosWeight(3),
                0.5,
                x -> 1.5 * softplus(-x) + 0.5 * softplus(x),
                x -> 0.5 * sigmoid(x) - 1.5 * sigmoid(-x));
        verify(new LossMultiLabelSoftMargin(), 1, x -> softplus(-x), x -> -sigmoid(-x));
    }

    /** torch is infinite, with the gradient NaN, from 710 on. */
    @Test
    void softMarginDoesNotOverflow() {
        verify(new LossSoftMargin(), 1, x -> softplus(-x), x -> -sigmoid(-x));
        verify(new LossSoftMargin(), -1, x -> softplus(x), x -> sigmoid(x));
    }

    /** With logits (x, 0), cross-entropy is the logistic loss of x. */
    @Test
    void crossEntropy() {
        INDArray logits = Nd4j.concat(1, column(LOGITS), constant(0));
        for (int label = 0; label < 2; label++) {
            Given given = new Given(new LossCrossEntropy(), constant(label), logits);
            int sign = label == 0 ? -1 : 1;
            for (int i = 0; i < LOGITS.length; i++) {
                double x = sign * LOGITS[i];
                Tolerance.assertClose("score", given.scores().getDouble(i), softplus(x), 1e-13);
                Tolerance.assertClose("slope", given.gradient().getDouble(i, 0), sign * sigmoid(x), 1e-13);
                Tolerance.assertClose("slope", given.gradient().getDouble(i, 1), -sign * sigmoid(x), 1e-13);
            }
        }
    }

    /** Probabilities of 0 and 1: the logarithm is bounded at -100, and the denominator of the slope at 1e-12. */
    @Test
    void saturatedProbabilities() {
        Given given = new Given(new LossBce(), column(1, 0, 1, 0), column(0, 1, 1, 0));
        assertThat(given.scores().add(0).toDoubleVector()).containsExactly(100, 100, 0, 0);
        assertThat(given.gradient().toDoubleVector()).containsExactly(-1 / (double) 1e-12f, 1 / (double) 1e-12f, 0, 0);
    }

    /** Identical vectors have a distance of eps in each component, or none; a vector of zeros has the cosine 0. */
    @Test
    void vectorsWithoutLength() {
        INDArray zeros = Nd4j.zeros(1, 6);
        for (double p : new double[] {1, 2, 3}) {
            Given none = new Given(new LossTripletMargin().withP(p).withEps(0), column(1), zeros);
            assertThat(none.score(false)).isEqualTo(1);
            assertThat(none.gradient()).isEqualTo(zeros);
        }
        Given cosine = new Given(new LossCosineEmbedding(), column(1), zeros);
        assertThat(cosine.score(false)).isEqualTo(1);
        assertThat(cosine.gradient()).isEqualTo(zeros);
    }

    /** Where the score becomes 0, torch passes the slope of the other side; u > 0 is strict in two losses. */
    @Test
    void kinks() {
        assertSlopes(new LossMarginRanking().withMargin(0.5), column(1), row(0.75, 0.25), -1, 1);
        assertSlopes(new LossHingeEmbedding(), column(-1), row(1), -1);
        assertSlopes(new LossSmoothL1().withBeta(0), column(0.5), row(0.5), 0);
        assertSlopes(new LossCosineEmbedding(), column(-1), row(1, 0, 0, 1), 0, 1, 1, 0);
        // Distances 1 and 2, margin 1.
        assertSlopes(new LossTripletMargin().withEps(0), column(1), row(0, 1, -2), -2, 1, 1);
        assertSlopes(new LossMultiMargin(), column(0), row(1, 0), 0, 0);
        assertSlopes(new LossMultiLabelMargin(), row(0, -1), row(1, 0), 0, 0);
    }

    private static INDArray row(double... values) {
        return Nd4j.createFromArray(new double[][] {values});
    }

    private static void assertSlopes(ILossFunction loss, INDArray labels, INDArray output, double... expected) {
        Given given = new Given(loss, labels, output);
        assertThat(given.score(false)).isZero();
        double[] slopes = given.gradient().toDoubleMatrix()[0];
        assertThat(slopes).hasSameSizeAs(expected);
        for (int i = 0; i < slopes.length; i++) {
            // Not equal: the cosine has torch's 1e-12 in its denominator.
            Tolerance.assertClose("slope " + i, slopes[i], expected[i], 2e-12);
        }
    }
}
