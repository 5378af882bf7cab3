/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Errors when built: the rule and the value seen. */
class BadInputTest {

    private static final double NAN = Double.NaN;
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final String EPS = "eps must be finite and at least 1.0E-30, got ";

    private static final String STARTS = "A learning rate must be finite and at least 0, but the schedule ";

    private static ISchedule falling() {
        return new StepSchedule(ScheduleType.ITERATION, -0.1, 0.5, 10);
    }

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
                refused(
                        () -> new SgdMomentum().withNesterov(true),
                        "Nesterov's momentum must be above 0, got 0.0: call withMomentum before withNesterov(true)"),
                refused(
                        () -> new SgdMomentum()
                                .withMomentum(0.9)
                                .withNesterov(true)
                                .withMomentum(0),
                        "or withNesterov(false) before withMomentum(0)"),
                refused(
                        () -> new SgdMomentum()
                                .withMomentum(0.9)
                                .withDampening(0.1)
                                .withNesterov(true),
                        "Nesterov's momentum has no dampening, got dampening 0.1: leave out withDampening or"),
                refused(() -> new RmsPropTorch().withAlpha(1), "alpha must be at least 0 and below 1, got 1.0"),
                refused(() -> new RmsPropTorch().withAlpha(-0.1), "got -0.1"),
                refused(() -> new RmsPropTorch().withEps(-1), EPS + "-1.0"),
                refused(() -> new RmsPropTorch().withEps(0), EPS + "0.0: with 0, a parameter whose gradients have all"),
                refused(() -> new AdamTorch().withEps(0), "For none, take 1.0E-30"),
                refused(() -> new AdamTorch().withEps(1e-31), EPS),
                refused(() -> new AdagradTorch().withEps(0), EPS),
                refused(() -> new RAdam().withEps(0), EPS),
                refused(() -> new AdaBelief().withEps(0), EPS),
                refused(() -> new RmsPropTorch().withMomentum(-1), "momentum must be finite and at least 0"),
                refused(() -> new AdagradTorch().withLrDecay(-1), "lrDecay must be finite and at least 0, got -1.0"),
                refused(
                        () -> new AdagradTorch().withInitialAccumulator(-1),
                        "initialAccumulator must be finite and at least 0, got -1.0"),
                refused(() -> new AdagradTorch().withEps(NAN), EPS + "NaN"),
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
                        "etaMinus, by which step sizes shrink, must be above 0 and below 1, got 1.0"),
                refused(
                        () -> new Rprop().withEtas(0.5, 1),
                        "etaPlus, by which step sizes grow, must be finite and above 1, got 1.0"),
                refused(() -> new Rprop().withEtas(0, 1.2), "etaMinus, by which step sizes shrink"),
                refused(() -> new Rprop().withEtas(0.5, INFINITY), "etaPlus, by which step sizes grow"),
                refused(() -> new AdamTorch(falling()), STARTS),
                refused(() -> new Lion().withLearningRate(falling()), STARTS),
                refused(() -> new RAdam().setLrAndSchedule(NAN, falling()), STARTS),
                refused(() -> new LinearWarmUp(falling(), 5, 0.5), STARTS),
                refused(() -> new CosineWarmUp(falling(), 5, 0.5), STARTS),
                refused(() -> BatchScaled.linear(falling(), 5, 10), STARTS),
                refused(() -> BatchScaled.squareRoot(new FixedSchedule(NAN), 5, 10), STARTS),
                refused(() -> new AdamTorch((ISchedule) null), "schedule of learning rates must not be null"),
                refused(() -> new AdamTorch((LearningRate) null, new Betas(0, 0), 1, false), "rate must not be null"),
                refused(() -> new AdamTorch(new LearningRate(1), null, 1, false), "betas must not be null"),
                refused(() -> new Lion(new LearningRate(1), null), "betas must not be null"),
                refused(() -> new RAdam(new LearningRate(1), null, 1), "betas must not be null"),
                refused(() -> new AdaBelief(new LearningRate(1), null, 1), "betas must not be null"),
                refused(() -> new SgdMomentum(null, 0, 0, false, false), "rate must not be null"),
                refused(
                        () -> new RmsPropTorch().setLrAndSchedule(NAN, null),
                        "or a schedule that is not null; got NaN"),
                refused(() -> new LinearWarmUp(null, 5, 0.5), "base must not be null"),
                refused(() -> new CosineWarmUp(null, 5, 0.5), "base must not be null"),
                refused(() -> BatchScaled.linear(null, 5, 10), "base must not be null"),
                refused(() -> AveragedParameters.of((MultiLayerNetwork) null), "network must not be null"),
                refused(() -> AveragedParameters.of((ComputationGraph) null), "network must not be null"),
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

    /** Schedules are in their messages, between the rule and the value. */
    @Test
    void schedulesThatStartBelow0AreShown() {
        assertThatThrownBy(() -> new AdamTorch(falling()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("StepSchedule(")
                .hasMessageContaining("starts with -0.1");
    }

    /** As DL4J hands on a schedule that is null. */
    @Test
    void noScheduleIsNoRate() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new AdamTorch())));
        assertThatThrownBy(() -> network.setLearningRate((ISchedule) null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a schedule that is not null");
    }

    /** Edges that are allowed. */
    @Test
    void edgesAreAllowed() {
        assertThat(new AdamTorch(0).withBetas(0, 0).withEps(1e-30).getLearningRate(0, 0))
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
