/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** CTC against its definition, the sum over all alignments, and through the layers that it is made for. */
@ExtendWith(DoubleByDefault.class)
final class CtcTest {

    private static final int CLASSES = 4;

    private final Data data = new Data(9, DataType.DOUBLE);

    /** Targets, and numbers of time steps from too few for them. */
    static Stream<Arguments> small() {
        List<Arguments> all = new ArrayList<>();
        for (int blank : new int[] {0, 2, 3}) {
            for (int[] target : new int[][] {{}, {1}, {1, 1}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1, 0}}) {
                int[] tokens = Arrays.stream(target)
                        .map(token -> token >= blank ? token + 1 : token)
                        .toArray();
                for (int steps = 1; steps <= 6; steps++) {
                    all.add(Arguments.of(blank, tokens, steps));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("small")
    void isTheSumOverAllAlignments(int blank, int[] target, int steps) {
        INDArray logits = data.normal(steps, CLASSES).muli(2);
        LossCtc loss = new LossCtc().withBlank(blank).withReduction(Reduction.SUM);
        Given given = given(loss, new int[][] {target}, logits, 1);

        double expected = -Math.log(sumOverAlignments(softmax(logits), target, blank));
        if (expected == Double.POSITIVE_INFINITY) {
            assertThat(given.score(false)).isInfinite().isPositive();
            assertThat(given.gradient().ravel().toDoubleVector()).containsOnly(Double.NaN);
            Given zero = given.with(loss.withZeroInfinity(true));
            assertThat(zero.score(false)).isZero();
            assertThat(zero.gradient()).isEqualTo(Nd4j.zeros(steps, CLASSES));
        } else {
            Tolerance.assertClose("score", given.score(false), expected, 1e-12);
            assertGradientIsDerivative(given);
        }
    }

    /** Each class at each time step: all 4^T paths, those that collapse to the target. */
    private static double sumOverAlignments(double[][] p, int[] target, int blank) {
        double sum = 0;
        int[] path = new int[p.length];
        for (long i = 0; i < Math.pow(CLASSES, p.length); i++) {
            long rest = i;
            double probability = 1;
            for (int t = 0; t < path.length; t++) {
                path[t] = (int) (rest % CLASSES);
                rest /= CLASSES;
                probability *= p[t][path[t]];
            }
            sum += Arrays.equals(collapse(path, blank), target) ? probability : 0;
        }
        return sum;
    }

    private static int[] collapse(int[] path, int blank) {
        List<Integer> tokens = new ArrayList<>();
        for (int t = 0; t < path.length; t++) {
            if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) {
                tokens.add(path[t]);
            }
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private static double[][] softmax(INDArray logits) {
        double[][] p = logits.toDoubleMatrix();
        for (double[] row : p) {
            double sum = Arrays.stream(row).map(Math::exp).sum();
            Arrays.setAll(row, c -> Math.exp(row[c]) / sum);
        }
        return p;
    }

    /** Central differences; their error is of the order 1e-10 here. */
    private static void assertGradientIsDerivative(Given given) {
        INDArray gradient = given.gradient();
        double h = 1e-5;
        for (long i = 0; i < gradient.length(); i++) {
            INDArray more = given.output().dup();
            more.putScalar(i, more.getDouble(i) + h);
            INDArray less = given.output().dup();
            less.putScalar(i, less.getDouble(i) - h);
            double difference = (given.at(more).score(false) - given.at(less).score(false)) / (2 * h);
            assertThat(gradient.getDouble(i)).as("gradient %s", i).isCloseTo(difference, within(1e-8));
        }
    }

    @Test
    void sequencesOfDifferentLengthsAreOnTheirOwn() {
        int[][] targets = {{1, 2}, {}, {3, 3, 1}, {2}};
        int[] lengths = {5, 7, 6, 1};
        int steps = 7;
        INDArray logits = data.normal((long) steps * targets.length, CLASSES);
        INDArray mask = Nd4j.zeros((long) steps * targets.length, 1);
        for (int i = 0; i < targets.length; i++) {
            for (int t = 0; t < lengths[i]; t++) {
                mask.putScalar(i + (long) targets.length * t, 1);
            }
        }
        Given together = given(new LossCtc(), targets, logits, targets.length).masked(mask);
        INDArray gradient = together.gradient();
        double sum = 0;
        for (int i = 0; i < targets.length; i++) {
            INDArray rows = Nd4j.create(lengths[i], CLASSES);
            for (int t = 0; t < lengths[i]; t++) {
                rows.putRow(t, logits.getRow(i + (long) targets.length * t));
            }
            Given alone = given(new LossCtc(), new int[][] {targets[i]}, rows, 1);
            sum += alone.score(false);
            Tolerance.assertClose("score", together.scores().getDouble(i), alone.score(false), 1e-13);
            for (int t = 0; t < steps; t++) {
                INDArray expected = t < lengths[i] ? alone.gradient().getRow(t, true) : Nd4j.zeros(1, CLASSES);
                Tolerance.assertClose(
                        "gradient", gradient.getRow(i + (long) targets.length * t, true), expected, 1e-13);
            }
        }
        Tolerance.assertClose("sum", together.score(false), sum, 1e-13);
        Tolerance.assertClose("mean", together.score(true), sum / targets.length, 1e-13);
    }

    @Test
    void aSequenceThatIsMaskedAltogetherCountsNothing() {
        INDArray logits = data.normal(6, CLASSES);
        INDArray mask = Nd4j.createFromArray(1.0, 0, 1, 0, 1, 0).reshape(6, 1);
        Given both = given(new LossCtc(), new int[][] {{1}, {2, 2}}, logits, 2).masked(mask);
        Given first = given(new LossCtc(), new int[][] {{1}}, every(logits, 2), 1);

        Tolerance.assertClose("score", both.score(false), first.score(false), 1e-13);
        assertThat(both.scores().getDouble(1)).isZero();
        assertThat(every(both.gradient().getRows(1, 2, 3, 4, 5), 2)).isEqualTo(Nd4j.zeros(3, CLASSES));
    }

    private static INDArray every(INDArray rows, int step) {
        INDArray part = Nd4j.create((rows.size(0) + step - 1) / step, rows.size(1));
        for (long i = 0; i < part.size(0); i++) {
            part.putRow(i, rows.getRow(i * step));
        }
        return part;
    }

    /** A plain product of 1,000 probabilities is 0 in DOUBLE. */
    @Test
    void longSequencesStayFinite() {
        int steps = 3000;
        int[] target = data.indices(CLASSES - 1, 1000).addi(1).toIntVector();
        INDArray logits = data.normal(steps, CLASSES).muli(10);
        Given given = given(new LossCtc(), new int[][] {target}, logits, 1);
        assertThat(given.score(false)).isFinite().isPositive();
        INDArray gradient = given.gradient();
        for (double sum : gradient.sum(1).toDoubleVector()) {
            // The probabilities of all classes and the posteriors sum to 1 each; 3,000 steps of rounding.
            assertThat(sum * target.length).isCloseTo(0, within(1e-9));
        }
    }

    /** With extreme logits there is one alignment, and its classes have the probability 1. */
    @Test
    void extremeLogits() {
        int[] path = {0, 1, 1, 0, 1, 2};
        INDArray logits = Nd4j.valueArrayOf(new long[] {path.length, CLASSES}, -1e4);
        for (int t = 0; t < path.length; t++) {
            logits.putScalar(t, path[t], 1e4);
        }
        Given right = given(new LossCtc(), new int[][] {{1, 1, 2}}, logits, 1);
        assertThat(right.score(false)).isZero();
        assertThat(right.gradient()).isEqualTo(Nd4j.zeros(path.length, CLASSES));
        Given wrong = given(new LossCtc(), new int[][] {{1, 1, 3}}, logits, 1);
        // One class is wrong, in one time step at least; the best alignment is 2e4 away.
        assertThat(wrong.score(false) * 3).isCloseTo(2e4, within(1.0));
        assertThat(wrong.gradient().amaxNumber().doubleValue()).isBetween(0.1, 1.0);
    }

    @Test
    void labelsHoldTargetsAndTimeSteps() {
        INDArray labels = LossCtc.labels(new int[][] {{4, 0}, {}}, 3);
        assertThat(labels.shape()).containsExactly(2, 3, 3);
        assertThat(labels.dataType()).isEqualTo(DataType.FLOAT);
        assertThat(labels).isEqualTo(Nd4j.createFromArray(new float[][][] {
            {{1, 2, 3}, {3, 3, 3}, {5, 1, 0}}, {{1, 2, 3}, {3, 3, 3}, {0, 0, 0}}
        }));
        assertThat(LossCtc.labels(new int[][] {{1, 2, 3, 4}}, 3).shape()).containsExactly(1, 4, 3);
    }

    static Stream<Arguments> layers() {
        return Stream.of(
                Arguments.of("RnnOutputLayer, NCW", RNNFormat.NCW, true),
                Arguments.of("RnnOutputLayer, NWC", RNNFormat.NWC, true),
                Arguments.of("RnnLossLayer, NCW", RNNFormat.NCW, false));
    }

    /** The layers arrange rows and add scores so that the score is the mean over sequences, with the gradient of it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void throughTheLayers(String name, RNNFormat format, boolean hasWeights) {
        int steps = 5;
        int[][] targets = {{1, 2}, {3}, {2, 2}};
        NeuralNetConfiguration.ListBuilder list = Nets.settings().list();
        list.layer(new LSTM.Builder().nOut(CLASSES).dataFormat(format).build());
        list.layer(
                hasWeights
                        ? new RnnOutputLayer.Builder(new LossCtc())
                                .nOut(CLASSES)
                                .dataFormat(format)
                                .activation(Activation.IDENTITY)
                                .build()
                        : new RnnLossLayer.Builder(new LossCtc())
                                .dataFormat(format)
                                .activation(Activation.IDENTITY)
                                .build());
        MultiLayerNetwork network = Nets.init(
                list.setInputType(InputType.recurrent(3, steps, format)).build());
        INDArray features = format == RNNFormat.NCW ? data.normal(3, 3, steps) : data.normal(3, steps, 3);
        INDArray labels = LossCtc.labels(targets, steps);
        INDArray mask = Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 0, 0}, {1, 1, 1, 1, 0}});
        DataSet batch = new DataSet(
                features,
                format == RNNFormat.NCW ? labels : labels.permute(0, 2, 1).dup('c'),
                null,
                mask);

        double sum = 0;
        INDArray output = network.output(features, false);
        for (int i = 0; i < targets.length; i++) {
            INDArray example = output.slice(i);
            INDArray logits = (format == RNNFormat.NCW ? example.transpose() : example).dup('c');
            long length = mask.getRow(i).sumNumber().longValue();
            Given alone = given(new LossCtc(), new int[][] {targets[i]}, logits.getRows(range(length)), 1);
            sum += alone.score(false);
            Tolerance.assertClose(
                    "score of " + i, network.scoreExamples(batch, false).getDouble(i), alone.score(false), 1e-12);
        }
        Tolerance.assertClose("score", network.score(batch), sum / targets.length, 1e-12);
        LayersTest.assertGradientIsDerivative(network, batch);
    }

    private static int[] range(long length) {
        int[] range = new int[(int) length];
        Arrays.setAll(range, i -> i);
        return range;
    }

    @Test
    void truncatedBpttIsRefused() {
        MultiLayerNetwork network = Nets.init(Nets.settings()
                .list()
                .layer(Nets.lstm(3))
                .layer(new RnnOutputLayer.Builder(new LossCtc())
                        .nOut(CLASSES)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.recurrent(3, 6))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(4)
                .build());
        INDArray before = network.params().dup();
        DataSet batch = new DataSet(data.normal(2, 3, 6), LossCtc.labels(new int[][] {{1}, {2}}, 6));
        assertThatThrownBy(() -> network.fit(batch))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("end at time step 4 of 6")
                .hasMessageContaining("do not use truncated BPTT");
        assertThat(network.params()).isEqualTo(before);
    }

    /** Rows of labels as a recurrent layer makes them: one time step of all examples after the other. */
    static Given given(LossCtc loss, int[][] targets, INDArray logits, int examples) {
        INDArray labels = LossCtc.labels(targets, (int) logits.size(0) / examples);
        INDArray rows = labels.permute(2, 0, 1).dup('c').reshape('c', logits.size(0), labels.size(1));
        return new Given(loss, rows, logits, new ActivationIdentity(), null);
    }
}
