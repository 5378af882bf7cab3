/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.settings;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.distribution.UniformDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.variational.GaussianReconstructionDistribution;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Networks of rows of numbers: classifiers, regressions, autoencoders. */
final class FlatNetworks {

    private FlatNetworks() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                flowers(),
                exclusiveOr(),
                curve(),
                digits(),
                autoencoder(),
                variational(),
                constrained(),
                frozenBelow());
    }

    /** Three classes of flowers by four lengths. */
    private static ExactnessCase flowers() {
        return Networks.layers(
                "flowers: three small layers, L2",
                () -> Nets.of(
                        settings()
                                .weightInit(WeightInit.XAVIER)
                                .updater(new Sgd(0.1))
                                .l2(1e-4),
                        InputType.feedForward(4),
                        dense(3),
                        dense(3),
                        softmax(3)),
                (data, n) -> data.normal(n, 4),
                (data, n) -> data.oneHot(n, 3));
    }

    /** Few weights, large steps, a sum of losses rather than their mean. */
    private static ExactnessCase exclusiveOr() {
        return Networks.layers(
                "exclusive or: sigmoid, biases that start at 0.1, the sum of losses",
                () -> Nets.of(
                        settings()
                                .miniBatch(false)
                                .biasInit(0.1)
                                .weightInit(new UniformDistribution(0, 1))
                                .updater(new Sgd(0.1)),
                        InputType.feedForward(2),
                        new DenseLayer.Builder()
                                .nOut(4)
                                .activation(Activation.SIGMOID)
                                .build(),
                        new OutputLayer.Builder(LossFunction.NEGATIVELOGLIKELIHOOD)
                                .nOut(2)
                                .activation(Activation.SOFTMAX)
                                .build()),
                (data, n) -> data.indices(2, n, 2),
                (data, n) -> data.oneHot(n, 2));
    }

    /** A function of one number. */
    private static ExactnessCase curve() {
        return Networks.layers(
                "a curve: regression with momentum, a learning rate in stairs",
                () -> Nets.of(
                        settings().updater(new Nesterovs(new StepSchedule(ScheduleType.ITERATION, 0.05, 0.5, 2), 0.9)),
                        InputType.feedForward(1),
                        dense(10),
                        dense(10),
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nOut(1)
                                .activation(Activation.IDENTITY)
                                .build()),
                (data, n) -> data.unit(n, 1),
                (data, n) -> data.normal(n, 1));
    }

    /** Wide and flat, with a momentum that follows a schedule. */
    private static ExactnessCase digits() {
        return Networks.layers(
                "digits: two wide layers, scheduled momentum, renormalized gradients",
                () -> Nets.of(
                        settings()
                                .activation(Activation.RELU)
                                .weightInit(WeightInit.RELU)
                                .gradientNormalization(GradientNormalization.RenormalizeL2PerParamType)
                                .updater(new Nesterovs(
                                        new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.06, 1, 0.05, 2, 0.028)),
                                        new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.5, 2, 0.9)))),
                        InputType.feedForward(64),
                        dense(50),
                        dense(20),
                        softmax(10)),
                (data, n) -> data.unit(n, 64),
                (data, n) -> data.oneHot(n, 10));
    }

    /** Learns to show its input again; the first layer is one that DL4J can also train by itself. */
    private static ExactnessCase autoencoder() {
        return Networks.layers(
                "autoencoder: 16-10-3-10-16, mean squared error",
                () -> Nets.of(
                        settings().weightInit(WeightInit.XAVIER).updater(new AdaGrad(0.05)),
                        InputType.feedForward(16),
                        new AutoEncoder.Builder().nOut(10).corruptionLevel(0).build(),
                        dense(3),
                        dense(10),
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nOut(16)
                                .activation(Activation.SIGMOID)
                                .build()),
                (data, n) -> data.unit(n, 16),
                (data, n) -> data.unit(n, 16));
    }

    /** As a layer of a classifier it uses its encoder alone; its decoder gets no gradient. */
    private static ExactnessCase variational() {
        return Networks.layers(
                "variational autoencoder below a classifier",
                () -> Nets.of(
                        settings().l2(1e-3),
                        InputType.feedForward(8),
                        new VariationalAutoencoder.Builder()
                                .nOut(3)
                                .encoderLayerSizes(6, 5)
                                .decoderLayerSizes(5, 6)
                                .reconstructionDistribution(new GaussianReconstructionDistribution(Activation.TANH))
                                .build(),
                        softmax(3)),
                (data, n) -> data.normal(n, 8),
                (data, n) -> data.oneHot(n, 3));
    }

    /** Constraints act after each step, and so must the counters. */
    private static ExactnessCase constrained() {
        return Networks.layers(
                "yes or no: weights kept small, biases kept positive, slopes and scales learned",
                () -> Nets.of(
                        settings().l1(1e-3).updater(new AMSGrad(0.05)).constrainWeights(new MaxNormConstraint(0.8, 1)),
                        InputType.feedForward(6),
                        new DenseLayer.Builder()
                                .nOut(8)
                                .activation(Activation.IDENTITY)
                                .constrainBias(new NonNegativeConstraint())
                                .build(),
                        new ElementWiseMultiplicationLayer.Builder()
                                .nIn(8)
                                .nOut(8)
                                .build(),
                        new OutputLayer.Builder(LossFunction.XENT)
                                .nOut(1)
                                .activation(Activation.SIGMOID)
                                .build()),
                (data, n) -> data.normal(n, 6),
                (data, n) -> data.indices(2, n, 1));
    }

    /** What transfer learning leaves: layers below that stand still, a new output with its own updater. */
    private static ExactnessCase frozenBelow() {
        return Networks.layers(
                "transfer: frozen features, a new output with another updater",
                () -> Nets.of(
                        settings().l2(1e-3),
                        InputType.feedForward(6),
                        new FrozenLayer(dense(8)),
                        new FrozenLayer(dense(6)),
                        dense(5),
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .updater(new Nesterovs(0.05, 0.9))
                                .build()),
                (data, n) -> data.normal(n, 6),
                (data, n) -> data.oneHot(n, 3));
    }
}
