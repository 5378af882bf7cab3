/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Errors when built: the rule and the value seen. */
class BadInputTest {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final String NESTEROV = "Nesterov's momentum must be above 0 and without dampening, got momentum ";

    static Stream<Arguments> built() {
        return Stream.of(
                refused(() -> new SgdMomentum(-0.1), "The learning rate must be finite and at least 0, got -0.1"),
                refused(() -> new RmsPropTorch(NAN), "The learning rate must be finite and at least 0, got NaN"),
                refused(() -> new AdagradTorch(INFINITY), "got Infinity"),
                refused(() -> new AdamTorch(-1), "The learning rate must be"),
                refused(() -> new Rprop(-1), "The learning rate must be finite and at least 0, got -1.0"),
                refused(() -> new AveragedSgd(-1), "The learning rate must be"),
                refused(() -> new RAdam(-1), "The learning rate must be"),
                refused(() -> new Lion(-1), "The learning rate must be"),
                refused(() -> new AdaBelief(-1), "The learning rate must be"),
                refused(() -> new AdamTorch(new FixedSchedule(-0.5)), "at least 0, got -0.5"),
                refused(() -> new AdamTorch().withLearningRate(-2), "at least 0, got -2.0"),
                refused(() -> new AdamTorch().setLrAndSchedule(-3, null), "at least 0, got -3.0"),
                refused(() -> new SgdMomentum().withMomentum(-0.9), "momentum must be finite and at least 0, got -0.9"),
                refused(() -> new SgdMomentum().withMomentum(NAN), "got NaN"),
                refused(() -> new SgdMomentum().withDampening(INFINITY), "dampening must be finite, got Infinity"),
                refused(() -> new SgdMomentum().withNesterov(true), NESTEROV + "0.0 and dampening 0.0"),
                refused(
                        () -> new SgdMomentum()
                                .withMomentum(0.9)
                                .withDampening(0.1)
                                .withNesterov(true),
                        NESTEROV + "0.9 and dampening 0.1"),
                refused(() -> new RmsPropTorch().withAlpha(1), "alpha must be at least 0 and below 1, got 1.0"),
                refused(() -> new RmsPropTorch().withAlpha(-0.1), "got -0.1"),
                refused(() -> new RmsPropTorch().withEps(-1), "eps must be finite and at least 0, got -1.0"),
                refused(() -> new RmsPropTorch().withMomentum(-1), "momentum must be finite and at least 0"),
                refused(() -> new AdagradTorch().withLrDecay(-1), "lrDecay must be finite and at least 0, got -1.0"),
                refused(
                        () -> new AdagradTorch().withInitialAccumulator(-1),
                        "initialAccumulator must be finite and at least 0, got -1.0"),
                refused(() -> new AdagradTorch().withEps(NAN), "eps must be finite and at least 0, got NaN"),
                refused(
                        () -> new AdamTorch().withBetas(1, 0.9),
                        "The first beta must be at least 0 and below 1, got 1.0"),
                refused(() -> new AdamTorch().withBetas(0.9, -0.1), "The second beta must be at least 0 and below 1"),
                refused(() -> new AdamTorch().withBetas(NAN, 0.9), "got NaN"),
                refused(() -> new AdamTorch().withEps(-1), "eps must be"),
                refused(() -> new RAdam().withBetas(0.9, 1), "The second beta must be"),
                refused(() -> new RAdam().withEps(-1), "eps must be"),
                refused(() -> new Lion().withBetas(0.9, 1), "The second beta must be"),
                refused(() -> new AdaBelief().withBetas(-1, 0.9), "The first beta must be"),
                refused(() -> new AdaBelief().withEps(-1), "eps must be"),
                refused(
                        () -> new Rprop().withEtas(1, 1.2),
                        "etas must be between 0 and 1, and finite and above 1, got 1.0 and 1.2"),
                refused(() -> new Rprop().withEtas(0.5, 1), "got 0.5 and 1.0"),
                refused(() -> new Rprop().withEtas(0, 1.2), "got 0.0 and 1.2"),
                refused(() -> new Rprop().withStepSizes(-1, 1), "The smallest step size must be finite and at least 0"),
                refused(() -> new Rprop().withStepSizes(2, 1), "at least the smallest, 2.0, got 1.0"),
                refused(() -> new Rprop().withStepSizes(0, INFINITY), "got Infinity"),
                refused(() -> new AveragedSgd().withLambd(-1), "lambd must be finite and at least 0, got -1.0"),
                refused(() -> new AveragedSgd().withAlpha(-1), "alpha must be finite and at least 0, got -1.0"),
                refused(() -> new AveragedSgd().withT0(NAN), "t0 must be finite and at least 0, got NaN"),
                refused(() -> new LinearWarmUp(-0.1, 5, 0), "rate must be finite and at least 0, got -0.1"),
                refused(() -> new LinearWarmUp(0.1, 0, 0), "steps must be at least 1, got 0"),
                refused(() -> new LinearWarmUp(0.1, 5, 1.5), "startFactor must be at least 0 and at most 1, got 1.5"),
                refused(() -> new CosineWarmUp(0.1, -1, 0), "steps must be at least 1, got -1"),
                refused(() -> new CosineWarmUp(0.1, 5, NAN), "startFactor must be at least 0 and at most 1, got NaN"),
                refused(() -> BatchScaled.linear(0.1, 0, 5), "batch must be at least 1, got 0"),
                refused(() -> BatchScaled.squareRoot(0.1, 5, -5), "effectiveBatch must be at least 1, got -5"),
                refused(() -> BatchScaled.linear(NAN, 5, 5), "rate must be finite and at least 0, got NaN"),
                refused(() -> new BatchScaled(new FixedSchedule(1), 0), "factor must be finite and above 0, got 0.0"),
                refused(() -> new CosineRestarts(-1, 5), "max must be finite and at least 0, got -1.0"),
                refused(() -> new CosineRestarts(0.1, 0), "firstPeriod must be at least 1, got 0"),
                refused(() -> new CosineRestarts(0.1, 5).withGrowth(0), "growth must be at least 1, got 0"),
                refused(() -> new CosineRestarts(0.1, 5).withMin(0.2), "max must be at least min, 0.2, got 0.1"),
                refused(() -> new CosineRestarts(0.1, 5).withMin(-1), "min must be finite and at least 0, got -1.0"),
                refused(() -> new OneCycle(NAN, 10), "max must be finite and at least 0, got NaN"),
                refused(() -> new OneCycle(0.1, 1), "totalSteps must be at least 2, got 1"),
                refused(() -> new OneCycle(0.1, 10).withPctStart(1.1), "pctStart must be at least 0 and at most 1"),
                refused(() -> new OneCycle(0.1, 10).withDivFactor(0), "divFactor must be finite and above 0, got 0.0"),
                refused(
                        () -> new OneCycle(0.1, 10).withFinalDivFactor(-1),
                        "finalDivFactor must be finite and above 0"),
                refused(
                        () -> new OneCycle(0.1, 10).withPctStart(0.6).withThreePhase(true),
                        "Three phases need a pctStart of at most 0.5, so that values can fall in time, got 0.6"));
    }

    private static Arguments refused(ThrowingCallable call, String message) {
        return Arguments.of(message, call);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("built")
    void isRefused(String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    /** Edges that are allowed. */
    @Test
    void edgesAreAllowed() {
        assertThat(new AdamTorch(0).withBetas(0, 0).withEps(0).getLearningRate(0, 0))
                .isZero();
        assertThat(new Rprop(0).withStepSizes(1, 1).minStep()).isEqualTo(1);
        assertThat(new OneCycle(0.1, 2).withPctStart(0).valueAt(0, 0)).isPositive();
        assertThat(new RmsPropTorch().withAlpha(0).alpha()).isZero();
    }

    @Test
    void storedConfigurationsAreChecked() {
        String json = "{\"@class\":\"io.github.gradacc.updater.AdamTorch\",\"rate\":{\"schedule\":{\"@class\":"
                + "\"org.nd4j.linalg.schedule.FixedSchedule\",\"value\":0.1}},\"betas\":{\"first\":0.9,\"second\":1.5},"
                + "\"eps\":1e-8,\"amsgrad\":false}";
        assertThatThrownBy(() -> NeuralNetConfiguration.mapper().readValue(json, IUpdater.class))
                .hasMessageContaining("The second beta must be at least 0 and below 1, got 1.5");
    }

    @Test
    void rpropHasNoLearningRateToSet() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new Rprop())));
        network.setLearningRate(5);
        assertThat(network.getLearningRate(0)).isNull();
        assertThatThrownBy(() -> new Rprop().setLrAndSchedule(5, null))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Rprop adapts its step sizes");
    }

    /** A schedule shows what it gives at a step only then; the parameters stay as they are. */
    @Test
    void schedulesAreCheckedAtEachStep() {
        var schedule = new MapSchedule.Builder(ScheduleType.ITERATION)
                .add(0, 0.1)
                .add(1, -0.1)
                .build();
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new SgdMomentum(schedule))));
        network.fit(Batches.mlp().get(0));
        INDArray before = network.params().dup();
        assertThatThrownBy(() -> network.fit(Batches.mlp().get(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("The learning rate must be finite and at least 0, but MapSchedule(")
                .hasMessageContaining("gives -0.1 at iteration 1, epoch 0");
        assertThat(network.params().toDoubleVector()).containsExactly(before.toDoubleVector());
    }
}
