/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** Accumulation equals native training on the big batch, for every loss of the package: all are sums over examples. */
@ExtendWith(DoubleByDefault.class)
final class ExactnessTest {

    private static final int STEPS = 6;

    static Stream<LossCase> cases() {
        return LossCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsNativeTraining(LossCase it) {
        ExactnessCase.of(
                        it.toString(),
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(5),
                                new OutputLayer.Builder(it.loss())
                                        .nOut(it.outputs())
                                        .activation(it.activations().get(0))
                                        .build()),
                        () -> Batches.ragged((data, n) -> data.normal(n, 4), it.labels()))
                .verify();
    }

    @Test
    void classesOfTimeStepsEqualNativeTraining() {
        sequences(new LossCrossEntropy().withIgnoreIndex(2), 3, (data, n) -> data.indices(3, n, 1, STEPS))
                .verify();
    }

    @Test
    void alignmentsEqualNativeTraining() {
        sequences(new LossCtc().withZeroInfinity(true), 4, (data, n) -> LossCtc.labels(targets(data, n), STEPS))
                .verify();
    }

    /** The big batch pads shorter sequences, labels included; what is computed from padding differs. */
    @Test
    void alignmentsOfDifferentLengthsEqualNativeTraining() {
        LossCtc loss = new LossCtc().withZeroInfinity(true);
        int[] lengths = {6, 4, 5, 3, 6, 5, 7};
        ExactnessCase it = ExactnessCase.of(
                "lengths",
                () -> Nets.of(
                        InputType.recurrent(3),
                        lstm(4),
                        new RnnOutputLayer.Builder(loss)
                                .nOut(4)
                                .activation(Activation.IDENTITY)
                                .build()),
                () -> {
                    Data data = new Data(7, DataType.DOUBLE);
                    List<DataSet> batches = new ArrayList<>();
                    for (int length : lengths) {
                        INDArray labels = LossCtc.labels(new int[][] {{1, 2}, {3}, {}, {2, 2, 1}}, length);
                        batches.add(new DataSet(data.normal(4, 3, length), labels));
                    }
                    return batches;
                });
        it.accumulated(LAYERS)
                .withoutActivations()
                .assertSameAs(it.natively(LAYERS).withoutActivations(), Tolerance.DOUBLE);
    }

    /** Targets of no token to four, whose sequences are cut by masks. */
    private static int[][] targets(Data data, int examples) {
        int[][] targets = new int[examples][];
        for (int i = 0; i < examples; i++) {
            targets[i] =
                    data.indices(3, data.indices(5, 1).getInt(0) + 1).addi(1).toIntVector();
        }
        return targets;
    }

    private static ExactnessCase sequences(ILossFunction loss, int classes, Batches.Maker labels) {
        return ExactnessCase.of(
                loss.toString(),
                () -> Nets.of(
                        InputType.recurrent(3, STEPS),
                        lstm(4),
                        new RnnOutputLayer.Builder(loss)
                                .nOut(classes)
                                .activation(Activation.IDENTITY)
                                .build()),
                () -> {
                    Data data = new Data(7, DataType.DOUBLE);
                    return Batches.ragged(n -> {
                        INDArray mask = data.mask(n, STEPS);
                        return new DataSet(data.normal(n, 3, STEPS), labels.make(data, n), mask, mask);
                    });
                });
    }

    @Test
    void everyLossHasACase() {
        Set<String> covered = new TreeSet<>();
        LossCase.all().forEach(it -> covered.add(it.loss().getClass().getName()));
        covered.add(LossCtc.class.getName());
        assertThat(Dl4jClasses.implementing(ILossFunction.class, "io.github.gradacc.loss"))
                .isEqualTo(covered)
                .hasSize(18);
    }
}
