/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;

/** Accumulation equals native training on the big batch, with every updater and schedule of the package. */
class ExactnessTest {

    static Stream<Arguments> updatersInBothClasses() {
        return ExactnessCase.inBothClasses(Cases.updaters().map(ExactnessTest::mlp));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("updatersInBothClasses")
    void equalsNativeTraining(ExactnessCase it, NetworkClass<?> type) {
        it.verify(type);
    }

    static Stream<ISchedule> schedules() {
        return Cases.schedules();
    }

    /** Schedules count optimizer steps. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("schedules")
    void schedulesTickOncePerWindow(ISchedule schedule) {
        mlp(new Sgd(schedule)).epochs(3).verify();
    }

    private static ExactnessCase mlp(IUpdater updater) {
        return ExactnessCase.of(
                updater.toString(), () -> Nets.mlp(settings -> settings.updater(updater.clone())), Batches::mlp);
    }

    @Test
    void layersAndBiasesHaveUpdatersOfTheirOwn() {
        ExactnessCase.of(
                        "per layer",
                        () -> Nets.of(
                                Nets.settings().biasUpdater(new Lion(0.01)),
                                InputType.feedForward(4),
                                dense(new AdamTorch(0.01)),
                                dense(new Rprop()),
                                dense(new SgdMomentum(0.1).withMomentum(0.9)),
                                Nets.softmax(3)),
                        Batches::mlp)
                .verify();
    }

    private static DenseLayer dense(IUpdater updater) {
        return new DenseLayer.Builder().nOut(5).updater(updater).build();
    }

    static Stream<Arguments> typesAndUpdaters() {
        return Stream.of(DataType.FLOAT16, DataType.FLOAT)
                .flatMap(type -> Cases.updaters().map(updater -> Arguments.of(type, updater)));
    }

    /** Natively and in the trainer, in types with fewer digits, the score gets better. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("typesAndUpdaters")
    void trainsInEveryType(DataType type, IUpdater updater) {
        trains(NetworkClass.LAYERS, type, updater);
        trains(NetworkClass.GRAPH, type, updater);
    }

    private static <T extends Model> void trains(NetworkClass<T> networks, DataType type, IUpdater updater) {
        Data data = new Data(3, DataType.FLOAT);
        DataSet batch =
                new DataSet(data.normal(12, 4).castTo(type), data.oneHot(12, 3).castTo(type));
        NeuralNetConfiguration.Builder settings = Nets.settings().dataType(type).updater(updater.clone());
        T natively = networks.init(Nets.of(settings, InputType.feedForward(4), Nets.dense(6), Nets.softmax(3)));
        T accumulated =
                networks.init(Nets.of(settings.clone(), InputType.feedForward(4), Nets.dense(6), Nets.softmax(3)));
        networks.fit(natively, batch);
        double first = natively.score();
        double last = Double.NaN;
        try (var trainer = networks.builder(accumulated).microBatchSize(5).build()) {
            for (int step = 0; step < 12; step++) {
                networks.fit(natively, batch);
                last = trainer.fit(batch).score();
            }
        }
        boolean up = updater instanceof SgdMomentum sgd && sgd.maximize();
        assertThat(up ? -natively.score() : natively.score()).isLessThan(up ? -first : first);
        assertThat(up ? -last : last).isLessThan(up ? -first : first);
    }
}
