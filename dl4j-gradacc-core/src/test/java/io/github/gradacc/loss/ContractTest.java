/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Tolerance;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** What every loss promises: rows are on their own, masks, data types, memory layouts, extreme and missing numbers. */
@ExtendWith(DoubleByDefault.class)
final class ContractTest {

    private static final int ROWS = 7;

    /** A vector instruction and the loop over the rest may round differently. */
    private static final double ROUNDING = 1e-13;

    static Stream<LossCase> cases() {
        return LossCase.all();
    }

    /** Those whose terms do not grow exponentially: the rate e^10000 is infinite in torch as well. */
    static Stream<LossCase> notExponential() {
        return cases().filter(it -> !it.loss().equals(new LossPoissonNll()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void allMethodsAgree(LossCase it) {
        Given given = it.given(ROWS).masked(new Data(2, DataType.DOUBLE).indices(2, ROWS, 1));
        INDArray scores = given.scores();
        assertThat(scores.shape()).containsExactly(ROWS, 1);
        assertThat(given.gradient().shape()).containsExactly(ROWS, it.outputs());
        Tolerance.assertClose("sum", given.score(false), scores.sumNumber().doubleValue(), ROUNDING);
        Tolerance.assertClose("mean", given.score(true), scores.meanNumber().doubleValue(), ROUNDING);
        for (boolean average : new boolean[] {true, false}) {
            Pair<Double, INDArray> both = it.loss()
                    .computeGradientAndScore(
                            given.labels(), given.output().dup(), given.activation(), given.mask(), average);
            assertThat(both.getFirst()).isEqualTo(given.score(average));
            assertThat(both.getSecond()).isEqualTo(given.gradient());
        }
        assertThat(it.loss().name())
                .isEqualTo(it.loss().toString())
                .startsWith(it.loss().getClass().getSimpleName());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void permutedRowsGivePermutedResults(LossCase it) {
        int[] order = {4, 0, 6, 2, 1, 5, 3};
        Given given = it.given(ROWS);
        Given permuted = new Given(
                it.loss(), given.labels().getRows(order), given.output().getRows(order), given.activation(), null);

        Tolerance.assertClose("scores", permuted.scores(), given.scores().getRows(order), ROUNDING);
        Tolerance.assertClose("gradient", permuted.gradient(), given.gradient().getRows(order), ROUNDING);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void argumentsStayAsTheyWere(LossCase it) {
        Given given = it.given(ROWS).masked(Nd4j.ones(ROWS, 1));
        Given before = new Given(
                it.loss(),
                given.labels().dup(),
                given.output().dup(),
                given.activation(),
                given.mask().dup());
        for (int i = 0; i < 2; i++) {
            it.loss().computeScore(given.labels(), given.output(), given.activation(), given.mask(), true);
            it.loss().computeScoreArray(given.labels(), given.output(), given.activation(), given.mask());
            INDArray first =
                    it.loss().computeGradient(given.labels(), given.output(), given.activation(), given.mask());
            first.assign(99);
        }
        assertThat(given).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void memoryLayoutsDoNotMatter(LossCase it) {
        Given given = it.given(ROWS);
        Given columnsFirst =
                new Given(it.loss(), given.labels().dup('f'), given.output().dup('f'), given.activation(), null);
        Given parts = new Given(it.loss(), part(given.labels()), part(given.output()), given.activation(), null);

        for (Given other : new Given[] {columnsFirst, parts}) {
            Tolerance.assertClose("scores", other.scores(), given.scores(), ROUNDING);
            Tolerance.assertClose("score", other.score(true), given.score(true), ROUNDING);
            Tolerance.assertClose("gradient", other.gradient(), given.gradient(), ROUNDING);
        }
    }

    /** The same numbers as a view of every other row and column of a larger array. */
    private static INDArray part(INDArray array) {
        INDArray larger = Nd4j.valueArrayOf(new long[] {2 * array.size(0), 2 * array.size(1)}, Double.NaN);
        long[] strides = {2 * larger.stride(0), 2 * larger.stride(1)};
        INDArray view = Nd4j.create(larger.data(), array.shape(), strides, 0, 'c');
        return view.assign(array);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneRow(LossCase it) {
        Given all = it.given(ROWS);
        for (int row = 0; row < ROWS; row++) {
            Given one = new Given(
                    it.loss(), all.labels().getRow(row, true), all.output().getRow(row, true), all.activation(), null);
            Tolerance.assertClose("score", one.score(true), all.scores().getDouble(row), ROUNDING);
            Tolerance.assertClose("gradient", one.gradient(), all.gradient().getRow(row, true), ROUNDING);
        }
    }

    /** What is masked has no label: any number there is allowed, and counts nothing. */
    @ParameterizedTest
    @MethodSource("cases")
    void maskedRowsCountNothing(LossCase it) {
        INDArray mask = Nd4j.createFromArray(1.0, 0, 1, 0, 0, 1, 1).reshape(ROWS, 1);
        for (double label : new double[] {0, -7, 99.5, 1e300, Double.NaN, Double.NEGATIVE_INFINITY}) {
            Given given = it.given(ROWS);
            INDArray labels = given.labels().dup();
            for (int row : new int[] {1, 3, 4}) {
                labels.putRow(row, Nd4j.valueArrayOf(new long[] {labels.size(1)}, label));
            }
            Given masked = new Given(it.loss(), labels, given.output(), given.activation(), mask);
            Tolerance.assertClose("scores", masked.scores(), given.scores().mul(mask), ROUNDING);
            Tolerance.assertClose(
                    "gradient", masked.gradient(), given.gradient().mulColumnVector(mask), ROUNDING);
            Tolerance.assertClose(
                    "score",
                    masked.score(false),
                    given.scores().mul(mask).sumNumber().doubleValue(),
                    ROUNDING);
        }
    }

    /** A mask of single terms: what is left is the sum of those that it lets through. */
    @ParameterizedTest
    @MethodSource("termwise")
    void maskedTermsCountNothing(LossCase it) {
        long terms = it.given(ROWS).terms().perRow();
        INDArray mask = new Data(8, DataType.DOUBLE).indices(2, ROWS, terms);
        INDArray scores = Nd4j.zeros(ROWS, 1);
        INDArray gradient = Nd4j.zeros(ROWS, it.outputs());
        for (int term = 0; term < terms; term++) {
            INDArray only = Nd4j.zeros(ROWS, terms);
            only.putColumn(term, mask.getColumn(term));
            scores.addi(it.given(ROWS).masked(only).scores());
            gradient.addi(it.given(ROWS).masked(only).gradient());
        }
        INDArray labels = it.given(ROWS).labels().dup();
        if (labels.size(1) == terms) {
            for (long i = 0; i < labels.length(); i++) {
                if (mask.getDouble(i) == 0) {
                    labels.putScalar(i, Double.NaN);
                }
            }
        }
        Given given = it.given(ROWS);
        Given masked = new Given(it.loss(), labels, given.output(), given.activation(), mask);
        Tolerance.assertClose("scores", masked.scores(), scores, ROUNDING);
        Tolerance.assertClose("gradient", masked.gradient(), gradient, ROUNDING);
    }

    static Stream<LossCase> termwise() {
        return cases().filter(it -> it.given(2).terms().perRow() > 1);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void computesInTheTypeOfTheNetwork(LossCase it) {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.FLOAT16}) {
            Given given = it.given(ROWS);
            INDArray output = given.output().castTo(type);
            INDArray labels = given.labels().castTo(type);
            Given typed = new Given(it.loss(), labels, output, given.activation(), Nd4j.ones(type, ROWS, 1));
            Given exact = new Given(
                    it.loss(),
                    labels.castTo(DataType.DOUBLE),
                    output.castTo(DataType.DOUBLE),
                    given.activation(),
                    null);

            assertThat(typed.gradient().dataType()).isEqualTo(type);
            assertThat(typed.scores().dataType()).isEqualTo(type);
            // FLOAT has 6e-8 for each of a few operations; HALF is computed in FLOAT and rounded once, to 2^-11.
            double tolerance = type == DataType.FLOAT ? 2e-6 : 0x1p-11 + 2e-6;
            Tolerance.assertClose(
                    type + " gradient", typed.gradient().castTo(DataType.DOUBLE), exact.gradient(), tolerance);
            Tolerance.assertClose(type + " scores", typed.scores().castTo(DataType.DOUBLE), exact.scores(), tolerance);
            Tolerance.assertClose(type + " score", typed.score(true), exact.score(true), 4e-6);
        }
    }

    @ParameterizedTest
    @MethodSource("notExponential")
    void extremeOutputIsFinite(LossCase it) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT}) {
            Data data = new Data(6, type);
            INDArray output = data.signs(40, it.outputs()).muli(1e4);
            Given given = new Given(
                    it.loss(), it.labels().make(data, 40), output, it.given(1).activation(), null);
            assertThat(Finiteness.allFinite(given.scores()))
                    .as("%s scores", type)
                    .isTrue();
            assertThat(given.score(true)).as("%s score", type).isFinite();
            assertThat(Finiteness.allFinite(given.gradient()))
                    .as("%s gradient", type)
                    .isTrue();
        }
    }

    /** The trainer relies on it: a gradient that hides a NaN would be taken. */
    @ParameterizedTest
    @MethodSource("cases")
    void missingOutputIsNotHidden(LossCase it) {
        for (double missing : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            for (int column = 0; column < it.outputs(); column++) {
                Given given = it.given(ROWS).through(new ActivationIdentity());
                if (it.loss() instanceof LossBce || it.loss() instanceof LossGaussianNll) {
                    given.output().assign(0.5);
                }
                INDArray output = Transforms.abs(given.output(), true);
                if (it.loss() instanceof LossBce && missing > 0) {
                    continue;
                }
                output.putScalar(2, column, missing);
                INDArray gradient = given.at(output).gradient();
                assertThat(Finiteness.allFinite(gradient.getRow(2, true))).isFalse();
                assertThat(Finiteness.allFinite(gradient.getRows(0, 1, 3, 4, 5, 6)))
                        .isTrue();
                INDArray scores = given.at(output).scores();
                assertThat(scores.getDouble(2)).isNaN();
                assertThat(Finiteness.allFinite(scores.getRows(0, 1, 3, 4, 5, 6)))
                        .isTrue();
            }
        }
    }
}
