/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.BaseConstraint;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.MinMaxNormConstraint;
import org.deeplearning4j.nn.conf.constraint.NonNegativeConstraint;
import org.deeplearning4j.nn.conf.constraint.UnitNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * Accumulation equals native training on the big batch, whatever is done to the gradient besides the updater:
 * penalties, clipping, constraints, sums in place of means. Plain SGD, which does not hide the scale of a gradient as
 * Adam does.
 */
class ExactRegularizationTest {

    /** A change to the settings of a network. */
    record Change(String name, UnaryOperator<NeuralNetConfiguration.Builder> change) {

        INDArray nativeResult() {
            var network = Nets.init(Nets.mlp(settings -> change.apply(plain(settings))));
            Data.windows(Batches.mlp(), 3).forEach(network::fit);
            return network.params();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Change> changes() {
        return Stream.of(
                new Change("L1", settings -> settings.l1(0.05)),
                new Change("L1 on biases", settings -> settings.l1Bias(0.05)),
                new Change("L2", settings -> settings.l2(0.05)),
                new Change("L2 on biases", settings -> settings.l2Bias(0.05)),
                new Change("weight decay times learning rate", settings -> settings.weightDecay(0.05, true)),
                new Change("weight decay alone", settings -> settings.weightDecay(0.05, false)),
                new Change("weight decay on biases", settings -> settings.weightDecayBias(0.05, true)),
                new Change("weight decay alone on biases", settings -> settings.weightDecayBias(0.05, false)),
                normalization(GradientNormalization.RenormalizeL2PerLayer, 1),
                normalization(GradientNormalization.RenormalizeL2PerParamType, 1),
                normalization(GradientNormalization.ClipElementWiseAbsoluteValue, 0.01),
                normalization(GradientNormalization.ClipL2PerLayer, 0.01),
                normalization(GradientNormalization.ClipL2PerParamType, 0.01),
                new Change("max norm", settings -> settings.constrainWeights(new MaxNormConstraint(0.5, 0))),
                new Change(
                        "min max norm",
                        settings -> settings.constrainWeights(new MinMaxNormConstraint(0.8, 0.9, 0.5, 0))),
                new Change("unit norm", settings -> settings.constrainWeights(new UnitNormConstraint(0))),
                new Change("non-negative weights", settings -> settings.constrainWeights(new NonNegativeConstraint())),
                new Change("non-negative biases", settings -> settings.constrainBias(new NonNegativeConstraint())),
                new Change("a constraint by iteration", ExactRegularizationTest::shrinking),
                new Change("sum", settings -> settings.miniBatch(false)),
                new Change(
                        "sum, L1 and L2",
                        settings -> settings.miniBatch(false).l1(0.02).l2(0.03)),
                new Change("all at once", ExactRegularizationTest::everything),
                new Change("all at once, sum", settings -> everything(settings).miniBatch(false)));
    }

    private static Change normalization(GradientNormalization kind, double threshold) {
        return new Change(
                kind.name(),
                settings -> settings.gradientNormalization(kind).gradientNormalizationThreshold(threshold));
    }

    private static NeuralNetConfiguration.Builder everything(NeuralNetConfiguration.Builder settings) {
        return settings.updater(new Nesterovs(new ExponentialSchedule(ScheduleType.ITERATION, 0.3, 0.9), 0.8))
                .biasUpdater(new Sgd(0.2))
                .l1(0.01)
                .l2(0.02)
                .l2Bias(0.03)
                .weightDecay(0.01, true)
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(0.05)
                .constrainWeights(new MaxNormConstraint(1, 0), new NonNegativeConstraint());
    }

    private static NeuralNetConfiguration.Builder plain(NeuralNetConfiguration.Builder settings) {
        return settings.updater(new Sgd(0.3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void equalsNativeTraining(Change change) {
        ExactnessCase.of(
                        change.name(),
                        () -> Nets.mlp(settings -> change.change().apply(plain(settings))),
                        Batches::mlp)
                .verify();
    }

    /** Guards the table: a threshold that never bites would show nothing. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void changesNativeTraining(Change change) {
        INDArray unchanged = new Change("", settings -> settings).nativeResult();
        assertThat(change.nativeResult().distance2(unchanged)).isGreaterThan(1e-3);
    }

    /** As natively, the counter of steps is up when constraints are applied: it is 1 after the first step. */
    @EachNetworkClass
    <T extends Model> void constraintsAreToldHowManyStepsWereTaken(NetworkClass<T> type) {
        ExactnessCase.of("", () -> Nets.mlp(settings -> shrinking(plain(settings))), Batches::mlp)
                .verify(type);
    }

    private static NeuralNetConfiguration.Builder shrinking(NeuralNetConfiguration.Builder settings) {
        return settings.constrainWeights(new Shrinking());
    }

    /** Shrinks weights, less and less as steps and epochs go by. */
    private static final class Shrinking extends BaseConstraint {
        private static final long serialVersionUID = 1L;

        private double factor;

        @Override
        public void applyConstraint(org.deeplearning4j.nn.api.Layer layer, int iteration, int epoch) {
            factor = 1 - 0.2 / (1 + iteration + 10 * epoch);
            super.applyConstraint(layer, iteration, epoch);
        }

        @Override
        public void apply(INDArray weights) {
            weights.muli(factor);
        }

        @Override
        public Shrinking clone() {
            Shrinking copy = new Shrinking();
            copy.setParams(getParams());
            return copy;
        }
    }

    @Test
    void constraintsOnAllParametersOfALayerAreApplied() {
        ExactnessCase.of(
                        "all parameters of a layer",
                        () -> Nets.of(
                                Nets.settings().updater(new Sgd(0.3)),
                                InputType.feedForward(4),
                                new DenseLayer.Builder()
                                        .nOut(6)
                                        .constrainAllParameters(new NonNegativeConstraint())
                                        .build(),
                                softmax(3)),
                        Batches::mlp)
                .verify();
    }

    /** A bug of DL4J 1.0.0-M2.1, and why the table has no case for it. */
    @Test
    void constraintsOnAllParametersOfANetworkAreIgnoredByDl4j() {
        Change constrained = new Change("", settings -> settings.constrainAllParameters(new NonNegativeConstraint()));
        assertThat(constrained.nativeResult()).isEqualTo(new Change("", settings -> settings).nativeResult());
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("outputs")
    void equalsNativeTrainingOnSumsInPlaceOfMeans(ExactnessCase testCase) {
        testCase.verify();
    }

    static Stream<ExactnessCase> outputs() {
        return Stream.of(
                sum(
                        "loss layer",
                        InputType.feedForward(4),
                        Batches.mlp(),
                        dense(3),
                        new LossLayer.Builder(LossFunction.MCXENT)
                                .activation(Activation.SOFTMAX)
                                .build()),
                sum("output of sequences", InputType.recurrent(3, 5), Batches.sequences(), lstm(4), rnnSoftmax(3)),
                sum(
                        "loss layer of sequences",
                        InputType.recurrent(3, 5),
                        Batches.sequences(),
                        lstm(3),
                        new RnnLossLayer.Builder(LossFunction.MCXENT)
                                .activation(Activation.SOFTMAX)
                                .build()),
                sum(
                        "center loss",
                        InputType.feedForward(4),
                        Batches.mlp(),
                        dense(4),
                        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .alpha(0.3)
                                .lambda(0.2)
                                .build()),
                sum("softmax", InputType.feedForward(4), Batches.mlp(), dense(4), softmax(3)));
    }

    private static ExactnessCase sum(String name, InputType input, List<DataSet> batches, Layer... layers) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(
                        Nets.settings().updater(new Sgd(0.02)).miniBatch(false).l2(0.05), input, layers),
                () -> batches);
    }

    /** L2 that counts how often its score is asked for, in all networks. */
    static final class CountedL2 extends L2Regularization {
        private static final long serialVersionUID = 1L;
        private static final AtomicInteger scores = new AtomicInteger();

        CountedL2() {
            super(0.1);
        }

        @Override
        public double score(INDArray parameter, int iteration, int epoch) {
            scores.incrementAndGet();
            return super.score(parameter, iteration, epoch);
        }

        @Override
        public Regularization clone() {
            return new CountedL2();
        }
    }

    /** Parameters do not change in a window; natively each pass reads them all for it. */
    @Test
    void theScoreOfRegularizationIsComputedOncePerStep() {
        var configuration = Nets.mlp(settings -> settings.regularization(List.of(new CountedL2())));
        MultiLayerNetwork network = Nets.init(configuration);
        MultiLayerNetwork reference = Nets.init(configuration);
        DataSet batch = Batches.mlp().get(0);
        CountedL2.scores.set(0);
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(1).build()) {
            trainer.fit(batch);
        }
        assertThat(CountedL2.scores).hasValue(2);
        reference.fit(batch);
        assertThat(network.score()).isCloseTo(reference.score(), within(1e-12));
        assertThat(((BaseLayer) network.getLayer(0).conf().getLayer()).getRegularization())
                .hasSize(1);
    }

    /** Replicas leave regularization out of their scores; the network adds it once. */
    @Test
    void theScoreOfAnyNumberOfWorkersHasRegularizationOnce() {
        DataSet batch = Batches.mlp().get(0);
        var configuration = Nets.of(
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(6).l2(0.3).build(),
                Nets.softmax(3));
        double expected = Nets.init(configuration.clone()).score(batch, true);
        for (int workers : new int[] {1, 2, 3}) {
            try (var trainer = GradientAccumulationTrainer.builder(Nets.init(configuration.clone()))
                    .microBatchSize(1)
                    .parallelism(workers)
                    .build()) {
                assertThat(trainer.fit(batch).score()).isCloseTo(expected, within(1e-12));
            }
        }
    }
}
