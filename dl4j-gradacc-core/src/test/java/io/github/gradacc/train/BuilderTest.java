/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Nets;
import java.util.Map;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.solvers.accumulation.BasicGradientsAccumulator;
import org.deeplearning4j.optimize.solvers.accumulation.LocalHandler;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What cannot be trained, or makes no sense, is refused before anything is computed. */
class BuilderTest {

    @Test
    void refusesNoNetwork() {
        var builder = GradientAccumulationTrainer.builder((MultiLayerNetwork) null);
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("network");
    }

    @Test
    void refusesNoGraph() {
        var builder = GradientAccumulationTrainer.builder((ComputationGraph) null);
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("network");
    }

    @Test
    void refusesToLeaveOutMicroBatchesThatMayBeHalved() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()))
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .onOutOfMemory(OutOfMemoryPolicy.HALVE);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("SKIP_MICRO_BATCH", "HALVE", "set one of them", "SKIP_STEP");
        try (var trainer = builder.nonFinite(NonFinitePolicy.SKIP_STEP).build()) {
            assertThat(trainer.isWindowOpen()).isFalse();
        }
    }

    @Test
    void refusesAGraphThatIsNotInitialized() {
        ComputationGraph graph = new ComputationGraph(
                Nets.init(Nets.mlp()).toComputationGraph().getConfiguration().clone());
        var builder = GradientAccumulationTrainer.builder(graph);
        assertThatIllegalStateException().isThrownBy(builder::build).withMessageContaining("init()");
    }

    @Test
    void refusesAGraphWithAnOutputThatIsNoOutputLayer() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense", new DenseLayer.Builder().nIn(3).nOut(2).build(), "in")
                .setOutputs("dense")
                .build());
        graph.init();
        var builder = GradientAccumulationTrainer.builder(graph);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("'dense'", "output layer", "DenseLayer");
    }

    @Test
    void refusesANetworkThatIsNotInitialized() {
        MultiLayerNetwork network = new MultiLayerNetwork(Nets.mlp());
        assertRefused(network, "init()");
        assertThat(network.isInitCalled()).isFalse();
    }

    @Test
    void refusesANetworkWithoutParameters() {
        assertRefused(
                Nets.init(Nets.of(InputType.feedForward(4), new LossLayer.Builder(LossFunction.MSE).build())),
                "no parameters");
    }

    @Test
    void refusesANetworkWithoutAnOutputLayer() {
        assertRefused(
                Nets.init(Nets.of(
                        InputType.feedForward(4),
                        new DenseLayer.Builder().nOut(3).build())),
                "output layer",
                "DenseLayer");
    }

    @Test
    void refusesAnAlgorithmThatEvaluatesTheLossSeveralTimes() {
        assertRefused(
                Nets.init(Nets.mlp(settings -> settings.optimizationAlgo(OptimizationAlgorithm.LBFGS))),
                "STOCHASTIC_GRADIENT_DESCENT",
                "LBFGS");
    }

    @Test
    void refusesANetworkThatSharesItsGradients() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        network.setGradientsAccumulator(new BasicGradientsAccumulator(1, new LocalHandler()));
        assertRefused(network, "setGradientsAccumulator");
    }

    @Test
    void refusesSettingsBelowOne() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.accumulationSteps(0))
                .withMessageContainingAll("accumulationSteps", "at least 1", "0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.microBatchSize(-4))
                .withMessageContainingAll("microBatchSize", "at least 1", "-4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.parallelism(0))
                .withMessageContainingAll("parallelism", "at least 1", "0");
    }

    @Test
    void refusesNullSettings() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.partialWindow(null));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.batchNormStatistics(null));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.accumulationSchedule(null));
    }

    @Test
    void refusesTwoAnswersToTheSameQuestion() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()))
                .accumulationSteps(4)
                .accumulationSchedule(AccumulationSchedule.constant(4));
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("accumulationSteps(4)", "accumulationSchedule");
    }

    @Test
    void refusesSchedulesThatCannotBeAsked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.constant(0))
                .withMessageContaining("at least 1 batch");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.byEpoch(null))
                .withMessageContaining("null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.byEpoch(Map.of()))
                .withMessageContaining("epoch 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.byEpoch(Map.of(1, 2)))
                .withMessageContaining("{1=2}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.byEpoch(Map.of(0, 2, -1, 3)))
                .withMessageContaining("epoch 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AccumulationSchedule.byEpoch(Map.of(0, 2, 3, 0)))
                .withMessageContaining("epoch 3");
    }

    @Test
    void scheduleByEpochHoldsUntilTheNextEntry() {
        var schedule = AccumulationSchedule.byEpoch(Map.of(0, 8, 4, 2));
        assertThat(schedule.stepsAt(0, 0)).isEqualTo(8);
        assertThat(schedule.stepsAt(100, 3)).isEqualTo(8);
        assertThat(schedule.stepsAt(0, 4)).isEqualTo(2);
        assertThat(schedule.stepsAt(0, 1000)).isEqualTo(2);
    }

    private static void assertRefused(MultiLayerNetwork network, String... parts) {
        var builder = GradientAccumulationTrainer.builder(network);
        assertThatIllegalStateException().isThrownBy(builder::build).withMessageContainingAll(parts);
    }
}
