/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.stepfunctions.DefaultStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.GradientStepFunction;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.CycleSchedule;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.InverseSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.RampSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.SigmoidSchedule;
import org.nd4j.linalg.schedule.StepSchedule;

/** Accumulation equals native training on the big batch: the updater works, and its schedules tick, once per window. */
class ExactUpdatersTest {

    static Stream<IUpdater> updaters() {
        return Stream.of(
                new AMSGrad(0.01),
                new AdaDelta(),
                new AdaGrad(0.05),
                new AdaMax(0.01),
                new Adam(0.01),
                new Nadam(0.01),
                new Nesterovs(0.1, 0.9),
                new NoOp(),
                new RmsProp(0.01),
                new Sgd(0.1));
    }

    /** All but the fixed one, each by iteration and by epoch, with values that change at every tick. */
    static Stream<ISchedule> schedules() {
        List<ISchedule> schedules = new ArrayList<>();
        for (ScheduleType type : ScheduleType.values()) {
            schedules.add(new CycleSchedule(type, 0.02, 0.2, 4, 2, 0.5));
            schedules.add(new ExponentialSchedule(type, 0.2, 0.8));
            schedules.add(new InverseSchedule(type, 0.2, 0.5, 2));
            schedules.add(new MapSchedule(type, Map.of(0, 0.2, 1, 0.15, 2, 0.05, 4, 0.1)));
            schedules.add(new PolySchedule(type, 0.2, 2, 20));
            schedules.add(new SigmoidSchedule(type, 0.2, 0.5, 2));
            schedules.add(new StepSchedule(type, 0.2, 0.5, 2));
        }
        schedules.add(new RampSchedule(new FixedSchedule(0.2), 5));
        return schedules.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("updaters")
    void equalsNativeTraining(IUpdater updater) {
        mlp(updater).verify();
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("schedules")
    void learningRateSchedulesTickOncePerWindow(ISchedule schedule) {
        mlp(new Sgd(schedule)).epochs(3).verify();
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("schedules")
    void momentumSchedulesTickOncePerWindow(ISchedule schedule) {
        mlp(new Nesterovs(new FixedSchedule(0.1), schedule)).epochs(3).verify();
    }

    @Test
    void layersHaveUpdatersOfTheirOwn() {
        ExactnessCase.of(
                        "per layer",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(new Nesterovs(0.1, 0.9)),
                                dense(new Sgd(new ExponentialSchedule(ScheduleType.ITERATION, 0.2, 0.8))),
                                dense(new NoOp()),
                                dense(new AdaDelta()),
                                softmax(3)),
                        Batches::mlp)
                .verify();
    }

    @Test
    void biasesHaveAnUpdaterOfTheirOwn() {
        ExactnessCase.of(
                        "biases",
                        () -> Nets.mlp(
                                settings -> settings.updater(new Adam(0.01)).biasUpdater(new Nesterovs(0.2, 0.5))),
                        Batches::mlp)
                .verify();
    }

    /** Those that add the update, which the default subtracts: training goes the other way. */
    static Stream<StepFunction> stepFunctions() {
        return Stream.of(new DefaultStepFunction(), new GradientStepFunction());
    }

    @ParameterizedTest
    @MethodSource("stepFunctions")
    @SuppressWarnings("deprecation") // By DL4J, which still obeys it.
    void aConfiguredStepFunctionTakesTheStep(StepFunction stepFunction) {
        ExactnessCase layers = ExactnessCase.of(
                "layers", () -> Nets.mlp(settings -> settings.stepFunction(stepFunction)), Batches::mlp);
        layers.verify();
        ExactnessCase.ofGraph(
                        "graph",
                        () -> Nets.settings()
                                .stepFunction(stepFunction)
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer("out", softmax(3), "in")
                                .setOutputs("out")
                                .setInputTypes(InputType.feedForward(4))
                                .build(),
                        () -> Batches.mlp().stream()
                                .map(batch -> new MultiDataSet(batch.getFeatures(), batch.getLabels()))
                                .toList())
                .verify();
        ExactnessCase byDefault = ExactnessCase.of("default", Nets::mlp, Batches::mlp);
        assertThat(layers.natively(NetworkClass.LAYERS).network().score())
                .isGreaterThan(byDefault.natively(NetworkClass.LAYERS).network().score());
    }

    /** A bug of DL4J 1.0.0-M2.1: a network with AdaBelief can be initialized but not trained. */
    @Test
    void adaBeliefIsRefusedSinceDl4jCannotInstantiateIt() {
        var network = Nets.init(Nets.mlp(settings -> settings.updater(new AdaBelief(0.01))));
        assertThatThrownBy(() -> network.fit(Batches.mlp().get(0))).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> GradientAccumulationTrainer.builder(network).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("DL4J cannot create the network's updater")
                .hasMessageContaining("native training would fail the same way");
    }

    @Test
    void everyUpdaterOfDl4jHasACase() {
        Set<String> covered = names(updaters());
        covered.add(AdaBelief.class.getName());
        assertThat(Dl4jClasses.implementing(IUpdater.class, "org.nd4j.linalg.learning.config"))
                .isEqualTo(covered);
    }

    @Test
    void everyScheduleOfDl4jHasACase() {
        Set<String> covered = names(schedules());
        covered.add(FixedSchedule.class.getName());
        assertThat(Dl4jClasses.implementing(ISchedule.class, "org.nd4j.linalg.schedule"))
                .isEqualTo(covered);
    }

    private static ExactnessCase mlp(IUpdater updater) {
        return ExactnessCase.of(
                updater.toString(), () -> Nets.mlp(settings -> settings.updater(updater.clone())), Batches::mlp);
    }

    private static DenseLayer dense(IUpdater updater) {
        return new DenseLayer.Builder().nOut(5).updater(updater).build();
    }

    private static Set<String> names(Stream<?> objects) {
        Set<String> names = new TreeSet<>();
        objects.forEach(object -> names.add(object.getClass().getName()));
        return names;
    }
}
