/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/**
 * Training in parts equals training in one go: with a save and a load in between, and with one part by the trainer and
 * the other natively. What the next part needs (updater state, counters that schedules and Adam's correction read) must
 * all be in the network.
 */
class TrainingInPartsTest {

    private static final int EPOCHS = 2;

    private final List<DataSet> batches = Batches.mlp();
    private final List<DataSet> windows = Data.windows(batches, 3);

    @TempDir
    private Path directory;

    static Stream<Arguments> networks() {
        List<IUpdater> updaters = List.of(
                new Adam(0.01),
                new Nesterovs(0.05, 0.9),
                new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.02, 0.8)),
                new Nesterovs(new StepSchedule(ScheduleType.EPOCH, 0.05, 0.5, 1), 0.9));
        return NetworkClass.all().stream()
                .flatMap(type -> updaters.stream().map(updater -> Arguments.of(type, updater)));
    }

    private static <T extends Model> T init(NetworkClass<T> type, IUpdater updater) {
        return type.init(Nets.mlp(settings -> settings.updater(updater).l2(0.01)));
    }

    private <T extends Model> void accumulate(NetworkClass<T> type, T network, int epochs) {
        with(type, network, trainer -> trainer.fit(iterate(batches), epochs));
    }

    private static <T extends Model> void with(
            NetworkClass<T> type, T network, Consumer<GradientAccumulationTrainer> training) {
        try (var trainer =
                type.builder(network).accumulationSteps(3).microBatchSize(2).build()) {
            training.accept(trainer);
        }
    }

    private <T extends Model> T reloaded(NetworkClass<T> type, T network) {
        File file = directory.resolve("network.zip").toFile();
        type.save(network, file);
        return type.load(file);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("networks")
    <T extends Model> void aSaveAndALoadChangeNotABit(NetworkClass<T> type, IUpdater updater) {
        T whole = init(type, updater);
        accumulate(type, whole, 2 * EPOCHS);

        T first = init(type, updater);
        accumulate(type, first, EPOCHS);
        T second = reloaded(type, first);
        assertThat(type.iterations(second)).isEqualTo(3 * EPOCHS);
        assertThat(type.epochs(second)).isEqualTo(EPOCHS);
        accumulate(type, second, EPOCHS);
        assertSame(second, whole, 0);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("networks")
    <T extends Model> void theSecondHalfMayBeNative(NetworkClass<T> type, IUpdater updater) {
        T reference = init(type, updater);
        type.fit(reference, iterate(windows), 2 * EPOCHS);
        T ours = init(type, updater);
        accumulate(type, ours, EPOCHS);
        type.fit(ours, iterate(windows), EPOCHS);
        assertSame(ours, reference, DOUBLE);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("networks")
    <T extends Model> void theFirstHalfMayBeNative(NetworkClass<T> type, IUpdater updater) {
        T reference = init(type, updater);
        type.fit(reference, iterate(windows), 2 * EPOCHS);
        T ours = init(type, updater);
        type.fit(ours, iterate(windows), EPOCHS);
        accumulate(type, ours, EPOCHS);
        assertSame(ours, reference, DOUBLE);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("networks")
    <T extends Model> void halvesMayChangeHandsInAFile(NetworkClass<T> type, IUpdater updater) {
        T reference = init(type, updater);
        type.fit(reference, iterate(windows), 2 * EPOCHS);

        T accumulated = init(type, updater);
        accumulate(type, accumulated, EPOCHS);
        T thenNative = reloaded(type, accumulated);
        type.fit(thenNative, iterate(windows), EPOCHS);
        assertSame(thenNative, reference, DOUBLE);

        T trainedNatively = init(type, updater);
        type.fit(trainedNatively, iterate(windows), EPOCHS);
        T thenAccumulated = reloaded(type, trainedNatively);
        accumulate(type, thenAccumulated, EPOCHS);
        assertSame(thenAccumulated, reference, DOUBLE);
    }

    /** The saved network knows nothing of the window that is open, and saving does not disturb the window. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("networks")
    <T extends Model> void aSaveWhileAWindowIsOpenIsTheStateAfterTheLastStep(NetworkClass<T> type, IUpdater updater) {
        T reference = init(type, updater);
        type.fit(reference, windows.get(0));
        T ours = init(type, updater);
        with(type, ours, trainer -> {
            batches.subList(0, 5).forEach(trainer::accumulate);
            assertThat(trainer.isWindowOpen()).isTrue();
            T saved = reloaded(type, ours);
            assertThat(saved.params()).isEqualTo(ours.params());
            assertThat(type.updaterState(saved)).isEqualTo(type.updaterState(ours));
            assertThat(type.iterations(saved)).isEqualTo(1);

            trainer.flush();
            DataSet pending = DataSet.merge(batches.subList(3, 5));
            type.fit(saved, pending);
            type.fit(reference, pending);
            assertSame(ours, reference, DOUBLE);
            assertSame(saved, reference, DOUBLE);
        });
    }
}
