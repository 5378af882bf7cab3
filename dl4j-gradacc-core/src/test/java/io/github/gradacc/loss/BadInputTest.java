/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** Errors when built where possible, else when called: the rule, the value seen and where, the way out. */
@ExtendWith(DoubleByDefault.class)
final class BadInputTest {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;

    static Stream<Arguments> built() {
        return Stream.of(
                refused(
                        () -> new LossCrossEntropy().withLabelSmoothing(1.5),
                        "labelSmoothing must be from 0 to 1, got 1.5"),
                refused(() -> new LossCrossEntropy().withLabelSmoothing(NAN), "got NaN"),
                refused(
                        () -> new LossCrossEntropy().withWeight(1, -2),
                        "weight must be finite and at least 0, got [1.0, -2.0]"),
                refused(() -> new LossNll().withWeight(NAN), "weight must be finite and at least 0, got [NaN]"),
                refused(() -> new LossNll().withWeight((double[]) null), "weights must not be null; give no numbers"),
                refused(() -> new LossBceWithLogits().withPosWeight((double[]) null), "weights must not be null"),
                refused(() -> new LossBce().withWeight(INFINITY), "weight must be finite"),
                refused(() -> new LossBceWithLogits().withWeight(-1), "weight must be finite"),
                refused(() -> new LossBceWithLogits().withPosWeight(-1), "posWeight must be finite and at least 0"),
                refused(() -> new LossMultiMargin().withWeight(-1), "weight must be finite"),
                refused(() -> new LossMultiLabelSoftMargin().withWeight(-1), "weight must be finite"),
                refused(() -> new LossSmoothL1().withBeta(-1), "beta must be finite and at least 0, got -1.0"),
                refused(() -> new LossSmoothL1().withBeta(NAN), "got NaN"),
                refused(() -> new LossHuber().withDelta(0), "delta must be finite and above 0, got 0.0"),
                refused(() -> new LossHuber().withDelta(NAN), "got NaN"),
                refused(() -> new LossPoissonNll().withEps(0), "eps must be finite and above 0, got 0.0"),
                refused(() -> new LossGaussianNll().withEps(NAN), "eps must be finite and above 0, got NaN"),
                refused(() -> new LossMarginRanking().withMargin(NAN), "margin must be finite, got NaN"),
                refused(() -> new LossHingeEmbedding().withMargin(INFINITY), "margin must be finite, got Infinity"),
                refused(() -> new LossTripletMargin().withMargin(NAN), "margin must be finite"),
                refused(() -> new LossTripletMargin().withP(0.5), "p must be finite and at least 1, got 0.5"),
                refused(() -> new LossTripletMargin().withEps(-1), "eps must be finite and at least 0, got -1.0"),
                refused(() -> new LossMultiMargin().withP(3), "p must be 1 or 2, got 3"),
                refused(() -> new LossMultiMargin().withMargin(NAN), "margin must be finite"),
                refused(
                        () -> new LossCosineEmbedding().withMargin(1.5),
                        "margin must be a cosine, from -1 to 1, got 1.5"),
                refused(() -> new LossCosineEmbedding().withMargin(NAN), "got NaN"),
                refused(() -> new LossCtc().withBlank(-1), "blank must be a class index, at least 0, got -1"),
                refused(() -> LossCtc.labels(new int[0][], 4), "got 0 targets and 4 time steps"),
                refused(() -> LossCtc.labels(new int[][] {{1}}, 0), "got 1 targets and 0 time steps"),
                refused(() -> LossCtc.labels(new int[][] {{1}, {2, -3}}, 4), "got -3 in target 1, position 1"));
    }

    @ParameterizedTest
    @MethodSource("built")
    void whenBuilt(ThrowingCallable building, String message) {
        assertThatThrownBy(building)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void noReduction() {
        assertThatThrownBy(() -> new LossHuber().withReduction(null)).hasMessage("reduction");
        assertThatThrownBy(() -> new LossCtc().withReduction(null)).hasMessage("reduction");
    }

    /** Three rows of labels for three outputs, with the second row as given. */
    static Stream<Arguments> called() {
        List<Arguments> all = new ArrayList<>();
        for (ILossFunction loss : new ILossFunction[] {new LossCrossEntropy(), new LossNll(), new LossMultiMargin()}) {
            all.add(label(
                    loss,
                    Activation.IDENTITY,
                    column(3),
                    "a class index is a whole number from 0 to 2",
                    "got 3.0 in row 1, column 0"));
            all.add(label(loss, Activation.IDENTITY, column(-1), "got -1.0", "Check the labels"));
            all.add(label(loss, Activation.IDENTITY, column(0.5), "a whole number", "got 0.5"));
            all.add(label(loss, Activation.IDENTITY, column(NAN), "got NaN"));
            all.add(label(loss, Activation.IDENTITY, row(0.5, 0.6, 0), "sum to 1, got 1.1 in row 1", "Normalize"));
            all.add(label(loss, Activation.IDENTITY, row(0, 0, 0), "sum to 1, got 0.0", "mask"));
            all.add(label(
                    loss,
                    Activation.IDENTITY,
                    row(1.5, -0.5, 0),
                    "labels must be from 0 to 1, got 1.5 in row 1, column 0"));
            all.add(label(loss, Activation.IDENTITY, row(NAN, 1, 0), "got NaN"));
            all.add(label(loss, Activation.IDENTITY, row(1, 0), "labels must be [3, 3] for output [3, 3], got [3, 2]"));
        }
        all.add(label(new LossCrossEntropy(), Activation.IDENTITY, column(7), "or ignoreIndex = -100"));
        all.add(label(
                new LossMultiMargin(), Activation.IDENTITY, row(0.5, 0.5, 0), "one-hot labels are 0 or 1, got 0.5"));
        for (ILossFunction loss :
                new ILossFunction[] {new LossBceWithLogits(), new LossMultiLabelSoftMargin(), new LossKlDiv()}) {
            all.add(label(
                    loss, Activation.IDENTITY, row(0, 1.01, 1), "from 0 to 1, got 1.01 in row 1, column 1", "Mask"));
            all.add(label(loss, Activation.IDENTITY, row(0, 0, NAN), "got NaN in row 1, column 2"));
            all.add(label(loss, Activation.IDENTITY, column(1), "labels must be [3, 3]"));
        }
        all.add(label(new LossBce(), Activation.SIGMOID, row(0, -1, 1), "from 0 to 1, got -1.0"));
        for (ILossFunction loss : new ILossFunction[] {new LossSoftMargin(), new LossHingeEmbedding()}) {
            all.add(label(
                    loss,
                    Activation.IDENTITY,
                    row(1, 0, 1),
                    "labels must be -1 or 1, got 0.0 in row 1",
                    "2 * labels - 1"));
            all.add(label(loss, Activation.IDENTITY, row(1, NAN, 1), "got NaN"));
        }
        for (ILossFunction loss : new ILossFunction[] {new LossSmoothL1(), new LossHuber()}) {
            all.add(label(loss, Activation.IDENTITY, row(1, NAN, 1), "labels must be finite, got NaN"));
            all.add(label(loss, Activation.IDENTITY, row(1, INFINITY, 1), "got Infinity"));
            all.add(label(loss, Activation.IDENTITY, row(1, 1), "labels must be [3, 3]"));
        }
        all.add(label(new LossPoissonNll(), Activation.IDENTITY, row(1, -1, 1), "at least 0 and finite, got -1.0"));
        all.add(label(
                new LossKlDiv().withLogTarget(true),
                Activation.IDENTITY,
                row(-1, 0.5, -1),
                "logarithms of probabilities, at most 0, got 0.5"));
        all.add(label(
                new LossMultiLabelMargin(),
                Activation.IDENTITY,
                row(0, 3, -1),
                "whole numbers from 0 to 2, up to a -1, got 3.0 in row 1, column 1"));
        all.add(label(new LossMultiLabelMargin(), Activation.IDENTITY, row(0.5, -1, 9), "got 0.5"));
        all.add(label(new LossMultiLabelMargin(), Activation.IDENTITY, column(1), "labels must be [3, 3]"));
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("called")
    void labels(ILossFunction loss, Activation activation, INDArray row, String[] messages) {
        INDArray fine = labelsFor(loss, row.size(1));
        fine.putRow(1, row);
        assertRefused(new Given(loss, fine, outputs(3), activation.getActivationFunction(), null), messages);
    }

    /** Rows of labels that each of the losses takes. */
    private static INDArray labelsFor(ILossFunction loss, long width) {
        double[] row = width == 1 ? new double[] {1} : new double[] {0, 1, 0};
        if (loss instanceof LossSoftMargin || loss instanceof LossHingeEmbedding) {
            row = new double[] {1, 1, -1};
        } else if (loss instanceof LossKlDiv kl && kl.logTarget()) {
            row = new double[] {-1, -1, -1};
        }
        INDArray labels = Nd4j.zeros(3, width);
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < width; j++) {
                labels.putScalar(i, j, row[j]);
            }
        }
        return labels;
    }

    @Test
    void labelsOfPairs() {
        INDArray notSigns = Nd4j.createFromArray(1.0, 0, -1).reshape(3, 1);
        assertRefused(new Given(new LossMarginRanking(), notSigns, outputs(2)), "-1 or 1, got 0.0 in row 1");
        assertRefused(new Given(new LossCosineEmbedding(), notSigns, outputs(4)), "-1 or 1, got 0.0 in row 1");
        INDArray signs = Nd4j.ones(3, 1);
        assertRefused(new Given(new LossMarginRanking(), signs, outputs(3)), "the two numbers to be ranked, got 3");
        assertRefused(new Given(new LossMarginRanking(), Nd4j.ones(3, 2), outputs(2)), "labels must be [3, 1]");
        assertRefused(
                new Given(new LossCosineEmbedding(), signs, outputs(5)),
                "one vector, then the other",
                "a multiple of 2, got [3, 5]");
        assertRefused(
                new Given(new LossTripletMargin(), signs, outputs(4)),
                "anchor, positive, negative",
                "a multiple of 3, got [3, 4]");
        assertRefused(
                new Given(new LossGaussianNll(), Nd4j.ones(3, 2), outputs(5)),
                "means, then variances",
                "multiple of 2");
        assertRefused(
                new Given(new LossGaussianNll(), Nd4j.ones(3, 3), Nd4j.ones(3, 4)),
                "labels must be [3, 2] for output [3, 4]");
    }

    @Test
    void outputsWithoutMeaning() {
        INDArray below = Nd4j.createFromArray(new double[][] {{0.5, 0.25}, {0.5, -0.25}});
        INDArray labels = Nd4j.ones(2, 2);
        assertRefused(
                new Given(new LossBce(), labels, below),
                "the output must be probabilities, from 0 to 1, got -0.25 in row 1, column 1",
                "Activation.SIGMOID");
        assertRefused(new Given(new LossBce(), labels, below.add(1)), "got 1.5 in row 0, column 0");
        assertRefused(
                new Given(new LossPoissonNll().withLogInput(false), labels, below),
                "must be rates, at least 0, got -0.25",
                "SOFTPLUS");
        assertRefused(
                new Given(new LossGaussianNll(), Nd4j.ones(2, 1), below),
                "variances must be at least 0, got -0.25 in row 1, column 0",
                "SOFTPLUS");
    }

    @Test
    void activationsAppliedTwice() {
        INDArray labels = Nd4j.createFromArray(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
        for (ILossFunction loss : new ILossFunction[] {new LossCrossEntropy(), new LossNll(), new LossKlDiv()}) {
            assertRefused(
                    new Given(loss, labels, outputs(3)).through(Activation.SOFTMAX.getActivationFunction()), "softmax");
        }
        for (ILossFunction loss : new ILossFunction[] {new LossBceWithLogits(), new LossMultiLabelSoftMargin()}) {
            assertRefused(
                    new Given(loss, labels, outputs(3)).through(Activation.SIGMOID.getActivationFunction()),
                    "sigmoid a second time",
                    "Activation.IDENTITY");
        }
        assertRefused(
                CtcTest.given(new LossCtc(), new int[][] {{1}}, outputs(3), 1)
                        .through(Activation.SOFTMAX.getActivationFunction()),
                "softmax a second time");
    }

    @Test
    void weightsOfTheWrongLength() {
        INDArray labels = Nd4j.createFromArray(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
        String message = "eight needs one number for each of the 3 columns, got 2: [1.0, 2.0]";
        for (ILossFunction loss : new ILossFunction[] {
            new LossCrossEntropy().withWeight(1, 2),
            new LossNll().withWeight(1, 2),
            new LossBceWithLogits().withWeight(1, 2),
            new LossBceWithLogits().withPosWeight(1, 2),
            new LossMultiMargin().withWeight(1, 2),
            new LossMultiLabelSoftMargin().withWeight(1, 2)
        }) {
            assertRefused(new Given(loss, labels, outputs(3)), message);
        }
        assertRefused(
                new Given(new LossBce().withWeight(1, 2), labels, Nd4j.valueArrayOf(new long[] {3, 3}, 0.5)), message);
    }

    @Test
    void shapes() {
        INDArray output = outputs(3);
        LossCrossEntropy loss = new LossCrossEntropy();
        assertRefused(
                new Given(loss, Nd4j.ones(2, 1), output),
                "one row for each row of the output, got labels [2, 1] for output [3, 3]");
        assertRefused(new Given(loss, Nd4j.ones(3), output), "labels [3] for output [3, 3]");
        assertRefused(
                new Given(loss, Nd4j.ones(3, 1), output).masked(Nd4j.ones(2, 1)), "got mask [2, 1] for output [3, 3]");
        assertRefused(
                new Given(loss, Nd4j.ones(3, 1), output).masked(Nd4j.ones(3, 3)),
                "a mask has one column, or one for each of the 1 terms of a row, got [3, 3]");
        assertRefused(
                new Given(new LossHuber(), Nd4j.ones(3, 3), output).masked(Nd4j.ones(3, 2)),
                "of the 3 terms of a row, got [3, 2]");
    }

    /** All ignored is no error: the score is 0 and so is the gradient, as it is in torch. */
    @Test
    void everythingIgnored() {
        INDArray labels = Nd4j.valueArrayOf(new long[] {3, 1}, -100.0);
        for (ILossFunction loss : new ILossFunction[] {new LossCrossEntropy().withLabelSmoothing(0.1), new LossNll()}) {
            Given given = new Given(loss, labels, outputs(3));
            assertThat(given.score(true)).isZero();
            assertThat(given.gradient()).isEqualTo(Nd4j.zeros(3, 3));
        }
    }

    @Test
    void alignments() {
        INDArray logits = outputs(4);
        LossCtc loss = new LossCtc();
        assertRefused(
                CtcTest.given(loss, new int[][] {{0}}, logits, 1), "not the blank 0, got 0.0 in target 0, position 0");
        assertRefused(CtcTest.given(loss, new int[][] {{1, 4}}, logits, 1), "a whole number from 0 to 3", "got 4.0");
        assertRefused(
                CtcTest.given(loss.withBlank(4), new int[][] {{1}}, logits, 1),
                "blank = 4 is no class of an output with 4");
        Given given = CtcTest.given(loss, new int[][] {{1}}, logits, 1);
        assertRefused(
                given.masked(Nd4j.createFromArray(1.0, 0, 1).reshape(3, 1)),
                "1 for its time steps and then 0, got 1.0 at time step 2 of example 0");
        assertRefused(given.masked(Nd4j.createFromArray(1, 0.5, 0).reshape(3, 1)), "got 0.5 at time step 1");
        assertRefused(given.masked(Nd4j.ones(3, 4)), "a mask has one column");
        assertRefused(
                new Given(loss, given.labels().getRows(1, 2), logits.getRows(1, 2)),
                "the labels begin at time step 2",
                "do not use truncated BPTT");
        assertRefused(new Given(loss, given.labels().getRows(0, 1), logits.getRows(0, 1)), "end at time step 2 of 3");
        assertRefused(new Given(loss, Nd4j.ones(3, 1), logits), "LossCtc.labels(targets, timeSteps), got 1 channels");
        assertRefused(new Given(loss, given.labels().getRows(0, 2, 1), logits), "made with LossCtc.labels");
        assertRefused(new Given(loss, given.labels().getRows(0, 0, 1), logits), "3 rows for 2 examples");
        INDArray fraction = given.labels().dup();
        fraction.putScalar(0, 2, 1.5);
        assertRefused(new Given(loss, fraction, logits), "got 0.5");
    }

    @Test
    void theNetworkStaysAsItWas() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                Nets.dense(3),
                new OutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build()));
        INDArray before = network.params().dup();
        DataSet batch =
                new DataSet(new Data(1, DataType.DOUBLE).normal(2, 4), Nd4j.valueArrayOf(new long[] {2, 1}, 3.0));
        assertThatThrownBy(() -> network.fit(batch)).isInstanceOf(IllegalArgumentException.class);
        assertThat(network.params()).isEqualTo(before);
        assertThat(network.getIterationCount()).isZero();
    }

    /** By each of the methods, as a layer calls only some of them. */
    private static void assertRefused(Given given, String... messages) {
        for (ThrowingCallable call : new ThrowingCallable[] {() -> given.score(true), given::scores, given::gradient}) {
            var thrown = assertThatThrownBy(call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(given.loss().getClass().getSimpleName());
            for (String message : messages) {
                thrown.hasMessageContaining(message);
            }
        }
    }

    private static INDArray outputs(int columns) {
        return new Data(1, DataType.DOUBLE).normal(3, columns);
    }

    private static INDArray row(double... values) {
        return Nd4j.createFromArray(new double[][] {values});
    }

    private static INDArray column(double value) {
        return row(value);
    }

    private static Arguments refused(ThrowingCallable building, String message) {
        return Arguments.of(building, message);
    }

    private static Arguments label(ILossFunction loss, Activation activation, INDArray row, String... messages) {
        return Arguments.of(loss, activation, row, messages);
    }
}
