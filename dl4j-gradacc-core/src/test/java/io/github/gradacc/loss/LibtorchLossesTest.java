/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.DoubleByDefault;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * Values and gradients are libtorch's: {@code none}, {@code sum} and {@code mean}, for every case of the reference
 * file; those of DL4J's own losses too, which mean the same.
 */
@ExtendWith(DoubleByDefault.class)
final class LibtorchLossesTest {

    /** Both sides compute in double precision; the rounding of a few operations, relative to values of at least 1. */
    private static final double TOLERANCE = 1e-12;

    static Stream<TorchCase> cases() {
        // torch's own formula overflows there, and ours does not: StabilityTest.
        return TorchCase.all().filter(it -> !it.toString().equals("SoftMarginLoss/overflow/1x2"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void none(TorchCase it) {
        INDArray expected = it.expected("/none/value");
        long columns = expected.size(1);
        if (columns == 1) {
            INDArray scores = it.with(it.sum()).scores();
            assertSame(scores.reshape('c', scores.length(), 1), pad(expected, scores.length()), "none");
            return;
        }
        // A mask lets one column through at a time, so that each term is compared.
        for (int column = 0; column < columns; column++) {
            INDArray only = Nd4j.zeros(expected.shape());
            only.putColumn(column, it.mask() == null ? Nd4j.ones(expected.size(0)) : weights(it, expected, column));
            assertSame(
                    it.with(it.sum()).masked(only).scores(),
                    expected.getColumn(column, true),
                    "none, column " + column);
        }
    }

    private static INDArray weights(TorchCase it, INDArray like, int column) {
        return it.mask().broadcast(like.shape()).getColumn(column).dup();
    }

    /** The score of a sequence stands at its first time step. */
    private static INDArray pad(INDArray scores, long length) {
        return scores.length() == length ? scores : Nd4j.concat(0, scores, Nd4j.zeros(length - scores.length(), 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void sum(TorchCase it) {
        Given given = it.with(it.sum());
        assertSame(given.score(false), it.json().at("/expected/sum/value").asDouble(), "sum");
        assertSame(it.folded(given.gradient()), it.gradient("sum"), "gradient of the sum");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void mean(TorchCase it) {
        double expected = it.json().at("/expected/mean/value").asDouble();
        if (it.isMeanOfRows()) {
            Given given = it.with(it.mean());
            assertSame(given.score(true), expected, "mean");
            assertSame(it.folded(given.gradient()).div(examples(it)), it.gradient("mean"), "gradient of the mean");
        } else {
            // The weighted mean of torch: a division of the sum, which is the window's affair.
            double divisor = it.json().get("mean_divisor").asDouble();
            assertSame(it.with(it.sum()).score(false) / divisor, expected, "mean");
            INDArray gradient = it.with(it.sum()).gradient();
            assertSame(divisor == 0 ? gradient : gradient.div(divisor), it.gradient("mean"), "gradient of the mean");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("divergences")
    void batchmean(TorchCase it) {
        Given given = it.with(it.sum());
        assertSame(given.score(true), it.json().at("/expected/batchmean/value").asDouble(), "batchmean");
        assertSame(given.gradient().div(examples(it)), it.gradient("batchmean"), "gradient of the batchmean");
    }

    static Stream<TorchCase> divergences() {
        return cases().filter(it -> it.json().get("expected").has("batchmean"));
    }

    /** Not the number of rows, where those are the time steps of sequences. */
    private static double examples(TorchCase it) {
        return it.torchName().equals("CTCLoss")
                ? it.json().at("/inputs/input_lengths/shape/0").asDouble()
                : it.output().size(0);
    }

    /** Every loss of the package is compared; and the two of DL4J's that the documentation sends its readers to. */
    @Test
    void everyLossHasCases() {
        Set<String> compared = new TreeSet<>();
        cases().forEach(it -> compared.add(it.mean().getClass().getName()));
        Set<String> expected = Dl4jClasses.implementing(ILossFunction.class, "io.github.gradacc.loss");
        expected.add("org.nd4j.linalg.lossfunctions.impl.LossMAE");
        expected.add("org.nd4j.linalg.lossfunctions.impl.LossMSE");
        assertThat(compared).isEqualTo(expected).hasSize(20);
        assertThat(cases()).hasSize(210);
    }

    private static void assertSame(INDArray actual, INDArray expected, String what) {
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        double[] a = actual.dup('c').reshape(actual.length()).toDoubleVector();
        double[] b = expected.dup('c').reshape(expected.length()).toDoubleVector();
        for (int i = 0; i < a.length; i++) {
            assertSame(a[i], b[i], what + " " + i);
        }
    }

    private static void assertSame(double actual, double expected, String what) {
        if (!Double.isFinite(expected)) {
            assertThat(Double.valueOf(actual)).as(what).isEqualTo(Double.valueOf(expected));
        } else if (!(Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }
}
