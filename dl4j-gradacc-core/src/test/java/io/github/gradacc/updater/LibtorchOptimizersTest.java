/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Twelve steps of libtorch's optimizers, taken by DL4J's native training and by accumulation. */
class LibtorchOptimizersTest {

    /** One trajectory of optim.json. */
    record Trajectory(JsonNode json) {

        double option(String name) {
            return json.get("options").get(name).asDouble();
        }

        boolean isOn(String name) {
            return json.get("options").get(name).asBoolean();
        }

        TestFunction function() {
            return TestFunction.valueOf(json.get("function").asText().toUpperCase(Locale.ROOT));
        }

        String optimizer() {
            return json.get("optimizer").asText();
        }

        /**
         * A network whose configuration has the same meaning. Decay of the updates is set on the layer, since DL4J adds
         * what is set for the network twice ({@link WeightDecayTest}).
         */
        <T extends Model> T network(NetworkClass<T> type) {
            double decay = option("weight_decay");
            return optimizer().equals("AdamW")
                    ? FunctionLoss.network(
                            type, function(), it -> it.updater(updater()), layer -> layer.weightDecay(decay))
                    : FunctionLoss.network(
                            type, function(), it -> it.updater(updater()).l2(decay));
        }

        IUpdater updater() {
            return switch (optimizer()) {
                case "SGD" ->
                    new SgdMomentum(schedule())
                            .withMomentum(option("momentum"))
                            .withDampening(option("dampening"))
                            .withNesterov(isOn("nesterov"));
                case "Adam", "AdamW" ->
                    new AdamTorch(schedule())
                            .withBetas(
                                    json.get("options").get("betas").get(0).asDouble(),
                                    json.get("options").get("betas").get(1).asDouble())
                            .withEps(option("eps"))
                            .withAmsgrad(isOn("amsgrad"));
                case "Adagrad" ->
                    new AdagradTorch(schedule())
                            .withLrDecay(option("lr_decay"))
                            .withInitialAccumulator(option("initial_accumulator_value"))
                            .withEps(option("eps"));
                case "RMSprop" ->
                    new RmsPropTorch(schedule())
                            .withAlpha(option("alpha"))
                            .withEps(option("eps"))
                            .withMomentum(option("momentum"))
                            .withCentered(isOn("centered"));
                default -> throw new AssertionError("unknown optimizer " + optimizer());
            };
        }

        /** Python's StepLR is DL4J's schedule; the C++ class decays one step later. */
        ISchedule schedule() {
            double rate = option("lr");
            JsonNode scheduler = json.get("options").get("scheduler");
            if (scheduler == null) {
                return new FixedSchedule(rate);
            }
            double gamma = scheduler.get("gamma").asDouble();
            int size = scheduler.get("step_size").asInt();
            return toString().contains("_cpp/")
                    ? new MapSchedule(
                            ScheduleType.ITERATION,
                            Map.of(0, rate, size + 1, rate * gamma, 2 * size + 1, rate * gamma * gamma))
                    : new StepSchedule(ScheduleType.ITERATION, rate, gamma, size);
        }

        /** Takes the steps and compares the parameters after each; the score before it, too. */
        void follow(Model network, Consumer<Model> step) {
            int t = 0;
            for (JsonNode expected : json.get("steps")) {
                step.accept(network);
                t++;
                double[] parameters = FunctionLoss.parameters(network);
                for (int i = 0; i < parameters.length; i++) {
                    assertClose(
                            this + ", step " + t + ", parameter " + i,
                            parameters[i],
                            expected.get("params_after").get(i).asDouble(),
                            DOUBLE);
                }
            }
            assertThat(t).isEqualTo(12);
        }

        /** How far native training with another configuration is from the last parameters. */
        double distance(IUpdater updater) {
            MultiLayerNetwork network =
                    FunctionLoss.network(NetworkClass.LAYERS, function(), builder -> builder.updater(updater));
            for (int t = 0; t < 12; t++) {
                network.fit(FunctionLoss.batch(1));
            }
            double[] parameters = FunctionLoss.parameters(network);
            double largest = 0;
            for (int i = 0; i < parameters.length; i++) {
                double expected =
                        json.get("steps").get(11).get("params_after").get(i).asDouble();
                largest = Math.max(largest, Math.abs(parameters[i] - expected));
            }
            return largest;
        }

        @Override
        public String toString() {
            return json.get("name").asText();
        }
    }

    static Stream<Trajectory> trajectories() {
        return StreamSupport.stream(Reference.read("optim.json").get("cases").spliterator(), false)
                .map(Trajectory::new);
    }

    private static Trajectory trajectory(String name) {
        return trajectories()
                .filter(it -> it.toString().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theFileHasThemAll() {
        List<String> names = new ArrayList<>();
        trajectories().forEach(it -> names.add(it.toString()));
        assertThat(names).hasSize(34).doesNotHaveDuplicates();
        assertThat(trajectories().map(Trajectory::optimizer).distinct())
                .containsExactly("SGD", "Adam", "AdamW", "Adagrad", "RMSprop");
    }

    @ParameterizedTest
    @MethodSource("trajectories")
    void nativeTrainingFollows(Trajectory it) {
        for (NetworkClass<?> type : NetworkClass.all()) {
            follow(it, type, FunctionLoss.batch(3));
        }
    }

    private static <T extends Model> void follow(Trajectory it, NetworkClass<T> type, DataSet batch) {
        T network = it.network(type);
        it.follow(network, same -> type.fit(network, batch));
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("trajectories")
    void accumulationFollows(Trajectory it) {
        for (NetworkClass<?> type : NetworkClass.all()) {
            accumulate(it, type);
        }
    }

    /** Five examples in passes of two, two and one. */
    private static <T extends Model> void accumulate(Trajectory it, NetworkClass<T> type) {
        T network = it.network(type);
        try (var trainer = type.builder(network).microBatchSize(2).build()) {
            it.follow(
                    network,
                    same -> assertThat(trainer.fit(FunctionLoss.batch(5)).microBatches())
                            .isEqualTo(3));
        }
    }

    /** {@code setLearningRate} of a network is a schedule made by hand. */
    @Test
    void theLearningRateOfABuiltNetworkCanBeSet() {
        for (String name : List.of("SGD_StepLR_python/quadratic", "Adam_StepLR_python/rosenbrock3")) {
            Trajectory it = trajectory(name);
            MultiLayerNetwork network = it.network(NetworkClass.LAYERS);
            it.follow(network, same -> {
                int step = network.getIterationCount();
                network.setLearningRate(
                        it.json().get("steps").get(step).get("lr").asDouble());
                network.fit(FunctionLoss.batch(1));
            });
        }
    }

    /** These of DL4J's own are the same. */
    @Test
    void sgdAndNesterovsAreDl4js() {
        for (String function : List.of("/quadratic", "/rosenbrock3")) {
            Trajectory sgd = trajectory("SGD" + function);
            assertThat(sgd.distance(new Sgd(sgd.option("lr")))).isLessThan(1e-13);
            Trajectory stepLr = trajectory("SGD_StepLR_python" + function);
            assertThat(stepLr.distance(new Sgd(stepLr.schedule()))).isLessThan(1e-13);
            Trajectory nesterov = trajectory("SGD_nesterov" + function);
            assertThat(nesterov.distance(new Nesterovs(nesterov.option("lr"), 0.9)))
                    .isLessThan(1e-13);
        }
    }

    /** The counterexample: these of DL4J's have the names and another meaning, so there is something of ours. */
    @Test
    void othersOfDl4jsDiffer() {
        for (String function : List.of("/quadratic", "/rosenbrock3")) {
            Trajectory momentum = trajectory("SGD_momentum" + function);
            assertThat(momentum.distance(new Nesterovs(momentum.option("lr"), 0.9)))
                    .isGreaterThan(1e-3);
            Trajectory adam = trajectory("Adam_eps_1e-3" + function);
            assertThat(adam.distance(new Adam(0.1, 0.9, 0.999, 1e-3))).isGreaterThan(1e-3);
            Trajectory rmsprop = trajectory("RMSprop" + function);
            assertThat(rmsprop.distance(new RmsProp(0.02, 0.99, 1e-8))).isGreaterThan(1e-9);
            Trajectory adagrad = trajectory("Adagrad_lr_decay" + function);
            assertThat(adagrad.distance(new AdaGrad(0.3, 1e-10))).isGreaterThan(1e-3);
        }
    }
}
