/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Batches.Maker;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossCosineProximity;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossHinge;
import org.nd4j.linalg.lossfunctions.impl.LossKLD;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMAPE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossMSLE;
import org.nd4j.linalg.lossfunctions.impl.LossMixtureDensity;
import org.nd4j.linalg.lossfunctions.impl.LossMultiLabel;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossSquaredHinge;
import org.nd4j.linalg.lossfunctions.impl.LossWasserstein;

/** Accumulation equals native training on the big batch, for every loss function that is a sum over examples. */
@ExtendWith(DoubleByDefault.class)
class ExactLossesTest {

    private static final Maker ONE_HOT = (data, n) -> data.oneHot(n, 3);
    private static final Maker CLASS_NUMBERS = (data, n) -> data.indices(3, n, 1);
    private static final Maker BITS = (data, n) -> data.indices(2, n, 3);
    private static final Maker SIGNS = (data, n) -> data.signs(n, 3);
    private static final Maker UNIT = (data, n) -> data.unit(n, 3);
    private static final Maker NORMAL = (data, n) -> data.normal(n, 3);

    /** A loss function, the activation it is used with, and labels that suit it. */
    record LossCase(ILossFunction loss, String variant, Activation activation, int outputs, Maker labels) {

        LossCase(ILossFunction loss, Activation activation, Maker labels) {
            this(loss, "", activation, 3, labels);
        }

        LossCase weighted() {
            return new LossCase(loss, ", weighted", activation, outputs, labels);
        }

        ExactnessCase exactness() {
            return ExactnessCase.of(
                    toString(),
                    () -> Nets.of(
                            InputType.feedForward(4),
                            dense(6),
                            new OutputLayer.Builder(loss)
                                    .nOut(outputs)
                                    .activation(activation)
                                    .build()),
                    () -> Batches.ragged((data, n) -> data.normal(n, 4), labels));
        }

        @Override
        public String toString() {
            return loss.getClass().getSimpleName() + variant;
        }
    }

    static Stream<LossCase> losses() {
        return Stream.of(
                new LossCase(new LossBinaryXENT(), Activation.SIGMOID, BITS),
                new LossCase(new LossBinaryXENT(weights()), Activation.SIGMOID, BITS).weighted(),
                new LossCase(new LossCosineProximity(), Activation.IDENTITY, NORMAL),
                new LossCase(new LossHinge(), Activation.TANH, SIGNS),
                new LossCase(new LossKLD(), Activation.SOFTMAX, UNIT),
                new LossCase(new LossL1(), Activation.IDENTITY, NORMAL),
                new LossCase(new LossL1(weights()), Activation.IDENTITY, NORMAL).weighted(),
                new LossCase(new LossL2(), Activation.IDENTITY, NORMAL),
                new LossCase(new LossL2(weights()), Activation.IDENTITY, NORMAL).weighted(),
                new LossCase(new LossMAE(), Activation.TANH, NORMAL),
                new LossCase(new LossMAE(weights()), Activation.TANH, NORMAL).weighted(),
                new LossCase(new LossMAPE(), Activation.IDENTITY, UNIT),
                new LossCase(new LossMAPE(weights()), Activation.IDENTITY, UNIT).weighted(),
                new LossCase(new LossMCXENT(), Activation.SOFTMAX, ONE_HOT),
                new LossCase(new LossMCXENT(weights()), Activation.SOFTMAX, ONE_HOT).weighted(),
                new LossCase(new LossMSE(), Activation.TANH, NORMAL),
                new LossCase(new LossMSE(weights()), Activation.TANH, NORMAL).weighted(),
                new LossCase(new LossMSLE(), Activation.SIGMOID, UNIT),
                new LossCase(new LossMSLE(weights()), Activation.SIGMOID, UNIT).weighted(),
                mixtureDensity(),
                new LossCase(new LossMultiLabel(), Activation.TANH, BITS),
                new LossCase(new LossNegativeLogLikelihood(), Activation.SOFTMAX, ONE_HOT),
                new LossCase(new LossNegativeLogLikelihood(weights()), Activation.SOFTMAX, ONE_HOT).weighted(),
                new LossCase(new LossPoisson(), Activation.SOFTPLUS, UNIT),
                new LossCase(new LossSparseMCXENT(), Activation.SOFTMAX, CLASS_NUMBERS),
                new LossCase(new LossSparseMCXENT(weights()), Activation.SOFTMAX, CLASS_NUMBERS).weighted(),
                new LossCase(new LossSquaredHinge(), Activation.TANH, SIGNS),
                new LossCase(new LossWasserstein(), Activation.IDENTITY, SIGNS));
    }

    /** Two Gaussians over labels of two values: (2 + 2) * 2 outputs. */
    private static LossCase mixtureDensity() {
        ILossFunction loss =
                LossMixtureDensity.builder().gaussians(2).labelWidth(2).build();
        return new LossCase(loss, "", Activation.IDENTITY, 8, (data, n) -> data.normal(n, 2));
    }

    private static INDArray weights() {
        return Nd4j.createFromArray(new double[][] {{0.5, 2, 1.25}});
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void equalsNativeTraining(LossCase testCase) {
        // The terms of the Wasserstein loss have both signs and cancel to a hundredth of their size.
        double cancellation = testCase.loss() instanceof LossWasserstein ? 100 : 1;
        testCase.exactness().within(cancellation * Tolerance.DOUBLE).verify();
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("sequenceLosses")
    void equalsNativeTrainingAtEachStepOfSequences(ExactnessCase testCase) {
        testCase.verify();
    }

    static Stream<ExactnessCase> sequenceLosses() {
        return Stream.of(
                sequences(new LossMSE(weights()), Activation.TANH, (data, n) -> data.normal(n, 3, 5)),
                sequences(new LossBinaryXENT(), Activation.SIGMOID, (data, n) -> data.indices(2, n, 3, 5)),
                sequences(new LossSparseMCXENT(), Activation.SOFTMAX, (data, n) -> data.indices(3, n, 1, 5)));
    }

    private static ExactnessCase sequences(ILossFunction loss, Activation activation, Maker labels) {
        return ExactnessCase.of(
                loss.getClass().getSimpleName(),
                () -> Nets.of(
                        InputType.recurrent(3, 5),
                        lstm(4),
                        new RnnOutputLayer.Builder(loss)
                                .nOut(3)
                                .activation(activation)
                                .build()),
                () -> Batches.ragged((data, n) -> data.normal(n, 3, 5), labels));
    }

    /** The F-measure is a ratio of counts over the batch, not a sum over examples: no sum of gradients can be exact. */
    @Test
    void fMeasureIsExactOnlyInWindowsOfOneMicroBatch() {
        LossCase testCase =
                new LossCase(new LossFMeasure(), "", Activation.SIGMOID, 1, (data, n) -> data.indices(2, n, 1));
        testCase.exactness().windows(1, 100).verify();
        ExactnessCase several = testCase.exactness().windows(3, 100);
        INDArray ours = several.accumulated(LAYERS).network().params();
        INDArray reference = several.natively(LAYERS).network().params();
        assertThat(ours.distance2(reference)).isGreaterThan(1e-3);
    }

    @Test
    void everyLossOfDl4jHasACase() {
        Set<String> covered = new TreeSet<>();
        losses().forEach(each -> covered.add(each.loss().getClass().getName()));
        covered.add(LossFMeasure.class.getName());
        assertThat(Dl4jClasses.implementing(ILossFunction.class, "org.nd4j.linalg.lossfunctions.impl"))
                .isEqualTo(covered);
    }
}
