/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import io.github.gradacc.testing.WatchedLoss;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.blas.Blas;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;

/** Workers fail, are interrupted and are closed; what they share with the process is put back. */
@Timeout(120)
class ParallelFailureTest {

    private static final int MICRO_BATCHES = 6;

    private final Data data = new Data(1, DataType.DOUBLE);
    private final MultiLayerNetwork network = Nets.init(Nets.of(
            InputType.feedForward(4),
            dense(6),
            new OutputLayer.Builder(new WatchedLoss())
                    .nOut(3)
                    .activation(Activation.SOFTMAX)
                    .build()));

    @AfterEach
    void forgetTheWatcher() {
        WatchedLoss.watch(labels -> {});
        WatchedLoss.watchScores(labels -> {});
    }

    private GradientAccumulationTrainer trainer(int workers) {
        return GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .parallelism(workers)
                .build();
    }

    /** The first label of each example is the number of its micro-batch. */
    private DataSet numbered() {
        DataSet batch = data.dataSet(2 * MICRO_BATCHES, 3, 4);
        for (int i = 0; i < batch.numExamples(); i++) {
            int microBatch = i / 2;
            batch.getLabels().putScalar(i, 0, (double) microBatch);
        }
        return batch;
    }

    private static int numberOf(INDArray labels) {
        return labels.getInt(0, 0);
    }

    static Stream<Arguments> positionsAndWorkers() {
        return IntStream.range(0, MICRO_BATCHES)
                .boxed()
                .flatMap(position -> Stream.of(1, 2, 3, 7).map(workers -> Arguments.of(position, workers)));
    }

    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void aPassThatThrows(int position, int workers) {
        assertRefused(workers, MicroBatchException.class, position, (labels, batch) -> {
            if (numberOf(labels) == position) {
                throw new IllegalStateException("deliberate");
            }
        });
    }

    /** Languages without checked exceptions throw them from anywhere; nobody may wait for a worker that threw one. */
    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void aPassThatThrowsACheckedException(int position, int workers) {
        assertRefused(workers, MicroBatchException.class, position, (labels, batch) -> {
            if (numberOf(labels) == position) {
                ParallelFailureTest.<RuntimeException>throwUnchecked(new IOException("deliberate"));
            }
        });
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void throwUnchecked(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void anErrorReachesTheCallerAsItIsAndNamesTheMicroBatch(int position, int workers) {
        DataSet batch = numbered();
        Snapshot before = Snapshot.of(network);
        Error error = new LinkageError("deliberate");
        WatchedLoss.watchScores(labels -> {
            if (numberOf(labels) == position) {
                throw error;
            }
        });
        try (var trainer = trainer(workers)) {
            assertThatThrownBy(() -> trainer.fit(batch)).isSameAs(error);
        }
        assertThat(error.getSuppressed()).singleElement().isInstanceOfSatisfying(MicroBatchException.class, pass -> {
            assertThat(pass.microBatch()).isEqualTo(position);
            assertThat(pass.iteration()).isZero();
        });
        before.assertUnchanged(network);
        assertThat(workerThreads()).isEmpty();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void aGradientThatIsNotFinite(int position, int workers) {
        assertRefused(workers, NonFiniteGradientException.class, position, (labels, batch) -> {
            if (numberOf(labels) == position) {
                labels.putScalar(1, 1, Double.NaN);
            }
        });
    }

    /** Whoever fails first, the caller hears of the micro-batch that comes first. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void severalPassesThatThrow(int position, int workers) {
        assertRefused(workers, MicroBatchException.class, position, (labels, batch) -> {
            if (numberOf(labels) >= position) {
                sleep(numberOf(labels) == position ? 30 : 0);
                throw new IllegalStateException("deliberate " + numberOf(labels));
            }
        });
    }

    /** A gradient is searched when it is added; by then the next pass may have thrown. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("positionsAndWorkers")
    void aGradientThatIsNotFiniteBeforeAPassThatThrows(int position, int workers) {
        assertRefused(workers, NonFiniteGradientException.class, position, (labels, batch) -> {
            if (numberOf(labels) == position) {
                labels.putScalar(1, 1, Double.NaN);
            } else if (numberOf(labels) > position) {
                throw new IllegalStateException("deliberate " + numberOf(labels));
            }
        });
    }

    private void assertRefused(
            int workers, Class<? extends RuntimeException> type, int position, BiConsumer<INDArray, DataSet> sabotage) {
        DataSet good = data.dataSet(8, 3, 4);
        DataSet bad = numbered();
        MultiLayerNetwork reference = network.clone();
        Settings before = Settings.now();
        try (var trainer = trainer(workers)) {
            trainer.fit(good);
            reference.fit(good);
            Snapshot afterTheLastStep = Snapshot.of(network);
            WatchedLoss.watch(labels -> sabotage.accept(labels, bad));
            Throwable thrown = catchThrowable(() -> trainer.fit(bad));
            WatchedLoss.watch(labels -> {});

            assertThat(thrown).isInstanceOf(type);
            assertThat(positionOf(thrown)).isEqualTo(position);
            afterTheLastStep.assertUnchanged(network);
            assertThat(Settings.now()).isEqualTo(before);
            trainer.fit(good);
            reference.fit(good);
            ExactnessCase.assertSame(network, reference, Tolerance.DOUBLE);
        }
        assertThat(workerThreads()).isEmpty();
    }

    private static int positionOf(Throwable thrown) {
        return thrown instanceof MicroBatchException pass
                ? pass.microBatch()
                : ((NonFiniteGradientException) thrown).microBatch();
    }

    /** A failure ends the run: passes that had not begun are not made. */
    @Test
    void workersStopAtTheFirstFailure() {
        AtomicInteger passes = new AtomicInteger();
        DataSet many = data.dataSet(200, 3, 4);
        try (var trainer = trainer(2)) {
            WatchedLoss.watch(labels -> {
                passes.incrementAndGet();
                throw new IllegalStateException("deliberate");
            });
            assertThatThrownBy(() -> trainer.fit(many)).isInstanceOf(MicroBatchException.class);
        }
        assertThat(passes.get()).isLessThanOrEqualTo(2);
    }

    @Test
    void batchesThatWaitForAWorkerFailWhenTheyAreComputed() {
        MultiLayerNetwork untouched = network.clone();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .parallelism(3)
                .build()) {
            DataSet bad = data.dataSet(2, 3, 4);
            bad.getFeatures().assign(Double.NaN);
            assertThat(trainer.accumulate(data.dataSet(2, 3, 4))).isEmpty();
            assertThat(trainer.accumulate(bad)).isEmpty();
            assertThatThrownBy(() -> trainer.accumulate(data.dataSet(2, 3, 4)))
                    .isInstanceOfSatisfying(
                            NonFiniteGradientException.class,
                            failure -> assertThat(failure.microBatch()).isEqualTo(1));
            assertThat(trainer.flush()).isEmpty();
        }
        ExactnessCase.assertSame(network, untouched, 0);
    }

    @Test
    void passesReallyRunSideBySide() {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch both = new CountDownLatch(2);
        WatchedLoss.watch(labels -> {
            threads.add(Thread.currentThread().getName());
            both.countDown();
            await(both);
        });
        try (var trainer = trainer(2)) {
            trainer.fit(data.dataSet(8, 3, 4));
            assertThat(workerThreads()).containsExactly("gradacc-worker-1");
        }
        assertThat(threads).containsExactlyInAnyOrder(Thread.currentThread().getName(), "gradacc-worker-1");
        assertThat(workerThreads()).isEmpty();
    }

    @Test
    void workersWithNothingToDoAreNotMade() {
        try (var trainer = trainer(10_000)) {
            trainer.fit(data.dataSet(8, 3, 4));
            assertThat(workerThreads())
                    .containsExactlyInAnyOrder("gradacc-worker-1", "gradacc-worker-2", "gradacc-worker-3");
            trainer.fit(data.dataSet(2, 3, 4));
            trainer.fit(data.dataSet(10, 3, 4));
            assertThat(workerThreads()).hasSize(4);
        }
        assertThat(workerThreads()).isEmpty();
    }

    @Test
    void everyWorkerHasOneNativeThreadAndTheSettingsArePutBack() {
        Settings original = Settings.now();
        Settings three = new Settings(3, 2, 4);
        try {
            three.set();
            Settings set = Settings.now();
            List<Settings> inPasses = Collections.synchronizedList(new ArrayList<>());
            List<Settings> inListeners = new ArrayList<>();
            WatchedLoss.watch(labels -> inPasses.add(Settings.now()));
            network.setListeners(new BaseTrainingListener() {
                @Override
                public void iterationDone(Model model, int iteration, int epoch) {
                    inListeners.add(Settings.now());
                }
            });
            try (var one = trainer(1);
                    var two = trainer(2)) {
                one.fit(data.dataSet(8, 3, 4));
                assertThat(inPasses).as("one worker touches nothing").hasSize(4).containsOnly(set);
                inPasses.clear();
                two.fit(data.dataSet(8, 3, 4));
                assertThat(inPasses).hasSize(4).containsOnly(new Settings(1, 1, 1));
                assertThat(inListeners).hasSize(2).containsOnly(set);
                assertThat(Settings.now()).isEqualTo(set);
            }
        } finally {
            original.set();
        }
    }

    /** The second trainer starts while the first one is at work, and goes on when it is done. */
    @Test
    void twoTrainersAtATimePutTheSettingsBackTogether() throws InterruptedException {
        Settings original = Settings.now();
        try {
            new Settings(3, 2, 4).set();
            Settings set = Settings.now();
            CountDownLatch bothAtWork = new CountDownLatch(2);
            CountDownLatch firstIsDone = new CountDownLatch(1);
            List<Settings> late = Collections.synchronizedList(new ArrayList<>());
            WatchedLoss.watch(labels -> {
                if (numberOf(labels) == 0) {
                    bothAtWork.countDown();
                    await(bothAtWork);
                }
                if (numberOf(labels) == MICRO_BATCHES - 1
                        && "second".equals(Thread.currentThread().getName())) {
                    await(firstIsDone);
                    late.add(Settings.now());
                }
            });
            MultiLayerNetwork other = network.clone();
            DataSet batch = numbered();
            Thread second = new Thread(
                    () -> {
                        try (var trainer = GradientAccumulationTrainer.builder(other)
                                .microBatchSize(2)
                                .parallelism(2)
                                .build()) {
                            trainer.fit(batch.copy());
                        }
                    },
                    "second");
            second.start();
            try (var trainer = trainer(2)) {
                trainer.fit(batch);
            }
            assertThat(Settings.now()).isIn(set, new Settings(1, 1, 1));
            firstIsDone.countDown();
            second.join();
            assertThat(Settings.now()).isEqualTo(set);
            assertThat(late).allMatch(new Settings(1, 1, 1)::equals);
            ExactnessCase.assertSame(other, network, 0);
        } finally {
            original.set();
        }
    }

    @Test
    void anInterruptEndsTrainingBetweenTwoPasses() {
        DataSet batch = numbered();
        Snapshot before = Snapshot.of(network);
        Thread caller = Thread.currentThread();
        WatchedLoss.watch(labels -> {
            if (numberOf(labels) == 1) {
                caller.interrupt();
            } else if (Thread.currentThread() != caller) {
                sleep(100); // leaves the next pass to the caller, who looks at its status before it
            }
        });
        try (var trainer = trainer(2)) {
            assertThatThrownBy(() -> trainer.fit(batch)).isInstanceOf(TrainingInterruptedException.class);
            assertThat(Thread.interrupted()).as("the status is kept").isTrue();
            before.assertUnchanged(network);
        }
        assertThat(workerThreads()).isEmpty();
    }

    @Test
    void closingWhileInterruptedStillEndsTheThreads() {
        var trainer = trainer(3);
        trainer.fit(numbered());
        assertThat(workerThreads()).hasSize(2);
        Thread.currentThread().interrupt();
        trainer.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(workerThreads()).isEmpty();
        trainer.close();
    }

    @Test
    void listenersAndIteratorsThatThrowLeaveTheWorkersUsable() {
        DataSet batch = numbered();
        try (var trainer = trainer(3)) {
            network.setListeners(new BaseTrainingListener() {
                @Override
                public void onGradientCalculation(Model model) {
                    throw new IllegalStateException("deliberate");
                }
            });
            INDArray before = network.params().dup();
            assertThatThrownBy(() -> trainer.fit(batch)).hasMessage("deliberate");
            assertThat(network.params()).isEqualTo(before);
            assertThat(network.getIterationCount()).isZero();
            network.setListeners();
            List<DataSet> withNull = new ArrayList<>(List.of(batch));
            withNull.add(null);
            assertThatThrownBy(() -> trainer.fit(iterate(withNull))).isInstanceOf(RuntimeException.class);
            assertThat(network.getIterationCount()).isEqualTo(1);
            trainer.fit(batch);
            assertThat(network.getIterationCount()).isEqualTo(2);
        }
        assertThat(workerThreads()).isEmpty();
    }

    private static Set<String> workerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("gradacc-worker"))
                .collect(Collectors.toSet());
    }

    private record Settings(int threads, int masterThreads, int blasThreads) {

        static Settings now() {
            Environment environment = Nd4j.getEnvironment();
            return new Settings(environment.maxThreads(), environment.maxMasterThreads(), blas().getMaxThreads());
        }

        void set() {
            Nd4j.getEnvironment().setMaxThreads(threads);
            Nd4j.getEnvironment().setMaxMasterThreads(masterThreads);
            blas().setMaxThreads(blasThreads);
        }

        private static Blas blas() {
            return Nd4j.factory().blas();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
