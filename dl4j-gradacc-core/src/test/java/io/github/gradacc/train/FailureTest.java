/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.loss.LossCtc;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.WatchedLoss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Failures, misuse and interrupts leave the network as after its last step, and the trainer usable. */
@Timeout(60)
class FailureTest {

    private static final int BATCHES_PER_WINDOW = 3;

    private final Data data = new Data(1, DataType.DOUBLE);
    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final GradientAccumulationTrainer trainer = GradientAccumulationTrainer.builder(network)
            .accumulationSteps(BATCHES_PER_WINDOW)
            .microBatchSize(2)
            .build();

    @AfterEach
    void close() {
        trainer.close();
    }

    /** The gradient is not to blame where the parameters came with NaN: by a step before, or from a file. */
    @EachNetworkClass
    <T extends Model> void parametersThatAreNanAreNamed(NetworkClass<T> type) {
        T broken = type.init(Nets.mlp());
        broken.params().putScalar(3, Double.NaN);
        try (var refusing = type.builder(broken).microBatchSize(2).build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> refusing.fit(Batches.mlp().get(0)))
                    .withMessageContainingAll(
                            "Its parameters hold NaN or infinity already", "go back to a saved network")
                    .withMessageNotContaining("Look for NaN in the data");
        }
    }

    /** A target of three tokens does not fit into two time steps. */
    @Test
    void theWayOutOfAnInfiniteCtcScoreIsNamed() {
        MultiLayerNetwork ctc = Nets.init(Nets.of(
                InputType.recurrent(3),
                Nets.lstm(3),
                new RnnOutputLayer.Builder(new LossCtc())
                        .nOut(5)
                        .activation(Activation.IDENTITY)
                        .build()));
        DataSet batch = new DataSet(data.normal(1, 3, 2), LossCtc.labels(new int[][] {{1, 2, 3}}, 2));
        try (var refusing = GradientAccumulationTrainer.builder(ctc).build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> refusing.fit(batch))
                    .withMessageContainingAll(
                            "(score Infinity)", "does not fit into the time steps", "withZeroInfinity");
        }
    }

    static final class Deliberate extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Deliberate() {
            super("deliberate");
        }
    }

    /** What DL4J throws is often wrapped several times, and sometimes has no message. */
    @Test
    void theCauseAtTheRootIsSaid() {
        assertThat(messageOf(new IllegalStateException(
                        "Op [matmul] failed", new IllegalArgumentException("DOUBLE," + " FLOAT"))))
                .contains("Op [matmul] failed. The cause of that: DOUBLE, FLOAT; check shapes and data types");
        assertThat(messageOf(new IllegalStateException("outer", new RuntimeException("middle", new Deliberate()))))
                .contains("outer. The cause of that: deliberate;")
                .doesNotContain("middle");
        assertThat(messageOf(new UnsupportedOperationException()))
                .contains(": java.lang.UnsupportedOperationException; check")
                .doesNotContain("null");
        assertThat(messageOf(new Deliberate())).contains(": deliberate; check");
    }

    private String messageOf(RuntimeException thrown) {
        MultiLayerNetwork failing = Nets.init(Nets.of(
                InputType.feedForward(4),
                new OutputLayer.Builder(new WatchedLoss())
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
        WatchedLoss.watchScores(labels -> {
            throw thrown;
        });
        try (var own = GradientAccumulationTrainer.builder(failing).build()) {
            return assertThatExceptionOfType(MicroBatchException.class)
                    .isThrownBy(() -> own.fit(Batches.mlp().get(0)))
                    .actual()
                    .getMessage();
        } finally {
            WatchedLoss.watchScores(labels -> {});
        }
    }

    /** At every position of a window, with and without background prefetching. */
    @ParameterizedTest
    @CsvSource({"0,false", "1,false", "2,false", "3,false", "5,false", "0,true", "1,true", "2,true", "3,true", "5,true"
    })
    void anIteratorThatThrows(int position, boolean prefetched) {
        List<DataSet> batches = Batches.mlp();
        int windows = position / BATCHES_PER_WINDOW;
        MultiLayerNetwork reference = network.clone();
        Data.windows(batches, BATCHES_PER_WINDOW).subList(0, windows).forEach(reference::fit);

        assertThatThrownBy(() -> trainer.fit(new ThrowingIterator(batches, position, prefetched)))
                .isInstanceOf(Deliberate.class);

        ExactnessCase.assertSame(network, reference, DOUBLE);
        assertThat(trainer.flush()).as("the window is discarded").isEmpty();
        trainer.fit(iterate(batches));
        assertThat(network.getEpochCount()).isEqualTo(1);
    }

    private static class ThrowingIterator extends ExistingDataSetIterator {
        private static final long serialVersionUID = 1L;
        private final int position;
        private final boolean prefetched;
        private int next;

        ThrowingIterator(List<DataSet> batches, int position, boolean prefetched) {
            super(batches);
            this.position = position;
            this.prefetched = prefetched;
        }

        @Override
        public DataSet next() {
            if (next++ == position) {
                throw new Deliberate();
            }
            return super.next();
        }

        @Override
        public boolean asyncSupported() {
            return prefetched;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anIteratorThatReturnsNull(boolean prefetched) {
        Snapshot before = Snapshot.of(network);
        var iterator = new Listed(Arrays.asList(data.dataSet(2, 3, 4).toMultiDataSet(), null)) {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean asyncSupported() {
                return prefetched;
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> trainer.fit(iterator))
                .withMessageContaining("null");
        before.assertUnchanged(network);
    }

    enum Callback {
        EPOCH_START(1, 0),
        FORWARD(2, 1),
        BACKWARD(2, 1),
        GRADIENT(2, 1),
        /** The parameters have moved by then: the step is complete and counted. */
        ITERATION(2, 2),
        EPOCH_END(1, 3);

        private final int occurrence;
        private final int completeSteps;

        Callback(int occurrence, int completeSteps) {
            this.occurrence = occurrence;
            this.completeSteps = completeSteps;
        }
    }

    @ParameterizedTest
    @EnumSource(Callback.class)
    void aListenerThatThrows(Callback callback) {
        MultiLayerNetwork reference = network.clone();
        Data.windows(Batches.mlp(), BATCHES_PER_WINDOW)
                .subList(0, callback.completeSteps)
                .forEach(reference::fit);
        ThrowingListener listener = new ThrowingListener(callback);
        network.setListeners(listener);

        assertThatThrownBy(() -> trainer.fit(iterate(Batches.mlp()))).isInstanceOf(Deliberate.class);

        assertClose("parameters", network.params(), reference.params(), DOUBLE);
        assertClose("updater state", network.updaterState(), reference.updaterState(), DOUBLE);
        assertThat(network.getIterationCount()).isEqualTo(callback.completeSteps);
        assertThat(network.getEpochCount()).isZero();
        assertThat(List.copyOf(network.getListeners())).containsExactly(listener);
        network.setListeners();
        trainer.fit(iterate(Batches.mlp()));
        assertThat(network.getIterationCount()).isEqualTo(callback.completeSteps + 3);
    }

    /** What native training does after its listeners is done, although one of them threw: the step is complete. */
    @EachNetworkClass
    <T extends Model> void aListenerThatThrowsAfterAStepDoesNotKeepItsConstraintsAway(NetworkClass<T> type) {
        MultiLayerConfiguration constrained =
                Nets.mlp(settings -> settings.constrainWeights(new MaxNormConstraint(0.1, 0)));
        T ours = type.init(constrained.clone());
        T reference = type.init(constrained.clone());
        List<DataSet> batches = Batches.mlp().subList(0, 2);
        batches.forEach(batch -> type.fit(reference, batch));
        ours.setListeners(new ThrowingListener(Callback.ITERATION));
        try (var own = type.builder(ours).microBatchSize(2).build()) {
            own.fit(batches.get(0));
            assertThatThrownBy(() -> own.fit(batches.get(1))).isInstanceOf(Deliberate.class);
        }
        ExactnessCase.assertSame(ours, reference, DOUBLE);
        // DL4J divides by the norm plus 1e-6; without the constraint it would be near 1.
        assertThat(ours.getParam("0_W").norm2(0).maxNumber().doubleValue()).isCloseTo(0.1, within(1e-5));
    }

    private static final class ThrowingListener extends BaseTrainingListener {
        private final Callback at;
        private int calls;

        ThrowingListener(Callback at) {
            this.at = at;
        }

        private void called(Callback callback) {
            if (callback == at && ++calls == at.occurrence) {
                throw new Deliberate();
            }
        }

        @Override
        public void onEpochStart(Model model) {
            called(Callback.EPOCH_START);
        }

        @Override
        public void onEpochEnd(Model model) {
            called(Callback.EPOCH_END);
        }

        @Override
        public void onForwardPass(Model model, List<INDArray> activations) {
            called(Callback.FORWARD);
        }

        @Override
        public void onBackwardPass(Model model) {
            called(Callback.BACKWARD);
        }

        @Override
        public void onGradientCalculation(Model model) {
            called(Callback.GRADIENT);
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            called(Callback.ITERATION);
        }
    }

    @Test
    void aScheduleThatAnswersNonsense() {
        Snapshot before = Snapshot.of(network);
        try (var own = GradientAccumulationTrainer.builder(network)
                .accumulationSchedule((iteration, epoch) -> 0)
                .build()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> own.accumulate(data.dataSet(2, 3, 4)))
                    .withMessageContainingAll("at least 1 batch", "returned 0", "iteration 0");
        }
        before.assertUnchanged(network);
    }

    /** The pending gradients belong to parameters that native training has moved since. */
    @Test
    void aNetworkTrainedByOthersInMidWindow() {
        trainer.accumulate(data.dataSet(4, 3, 4));
        network.fit(data.dataSet(4, 3, 4));
        Snapshot before = Snapshot.of(network);

        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.accumulate(data.dataSet(4, 3, 4)))
                .withMessageContainingAll("from step 0 to step 1", "discarded", "flush()");

        before.assertUnchanged(network);
        assertThat(trainer.flush()).isEmpty();
    }

    /** The same gradients must not be stepped on by the other calls either. */
    @Test
    void aNetworkTrainedByOthersIsNotSteppedOnByFlushOrFit() {
        try (var carrying = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(BATCHES_PER_WINDOW)
                .partialWindow(PartialWindow.CARRY)
                .build()) {
            carrying.accumulate(data.dataSet(4, 3, 4));
            network.fit(data.dataSet(4, 3, 4));
            Snapshot before = Snapshot.of(network);
            assertThatIllegalStateException()
                    .isThrownBy(carrying::flush)
                    .withMessageContaining("from step 0 to step 1");
            before.assertUnchanged(network);

            carrying.accumulate(data.dataSet(4, 3, 4));
            network.fit(data.dataSet(4, 3, 4));
            Snapshot later = Snapshot.of(network);
            assertThatIllegalStateException()
                    .isThrownBy(() -> carrying.fit(iterate(Batches.mlp())))
                    .withMessageContaining("from step 1 to step 2");
            later.assertUnchanged(network);
            assertThat(carrying.isWindowOpen()).isFalse();
        }
    }

    /** The next window shows its own examples only. */
    @Test
    void activationsOfAFailedWindowAreForgotten() {
        List<Long> shown = new ArrayList<>();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void onForwardPass(Model model, List<INDArray> activations) {
                shown.add(activations.get(0).size(0));
            }
        });
        trainer.accumulate(data.dataSet(4, 3, 4));
        DataSet bad = data.dataSet(4, 3, 4);
        bad.getFeatures().putScalar(3, 3, Double.NaN);
        assertThatExceptionOfType(NonFiniteGradientException.class).isThrownBy(() -> trainer.accumulate(bad));

        trainer.fit(data.dataSet(8, 3, 4));

        assertThat(shown).containsExactly(8L);
    }

    @Test
    void theNetworkIsLockedWhileListenersRun() {
        List<Boolean> locked = new ArrayList<>();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                locked.add(Thread.holdsLock(model));
            }

            @Override
            public void onEpochEnd(Model model) {
                locked.add(Thread.holdsLock(model));
            }
        });
        trainer.fit(iterate(Batches.mlp()));
        assertThat(locked).hasSizeGreaterThan(1).containsOnly(true);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorInAnIteratorIsThrownOn(boolean prefetched) {
        Error error = new AssertionError("deliberate");
        assertThatThrownBy(() -> trainer.fit(new ThrowingIterator(Batches.mlp(), Integer.MAX_VALUE, prefetched) {
                    private static final long serialVersionUID = 1L;
                    private int given;

                    @Override
                    public DataSet next() {
                        if (given++ == 4) {
                            throw error;
                        }
                        return super.next();
                    }
                }))
                .isSameAs(error);
        assertThat(network.getIterationCount()).isEqualTo(1);
        assertThat(network.getEpochCount()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptEndsTrainingBetweenMicroBatches(boolean prefetched) {
        List<DataSet> batches = Batches.mlp();
        MultiLayerNetwork reference = network.clone();
        reference.fit(Data.windows(batches, BATCHES_PER_WINDOW).get(0));
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                Thread.currentThread().interrupt();
            }
        });

        assertThatExceptionOfType(TrainingInterruptedException.class)
                .isThrownBy(() -> trainer.fit(new ThrowingIterator(batches, Integer.MAX_VALUE, prefetched)))
                .withMessageContaining("step 1");

        assertThat(Thread.interrupted()).as("interrupt status is kept").isTrue();
        ExactnessCase.assertSame(network, reference, DOUBLE);
        network.setListeners();
        trainer.fit(iterate(batches));
        assertThat(network.getIterationCount()).isEqualTo(1 + 3);
    }

    /** DL4J reports an interrupt while it waits for a prefetched batch as a failure and drops the status. */
    @Test
    void anInterruptWhileWaitingForData() throws InterruptedException {
        CountDownLatch waiting = new CountDownLatch(1);
        Thread training = Thread.currentThread();
        var slow = new ThrowingIterator(Batches.mlp(), Integer.MAX_VALUE, true) {
            private static final long serialVersionUID = 1L;

            @Override
            public DataSet next() {
                waiting.countDown();
                try {
                    Thread.sleep(TimeUnit.MINUTES.toMillis(1));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.next();
            }
        };
        Thread interrupter = new Thread(() -> {
            try {
                waiting.await();
                while (training.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                training.interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        interrupter.start();

        assertThatExceptionOfType(TrainingInterruptedException.class).isThrownBy(() -> trainer.fit(slow));

        assertThat(Thread.interrupted()).isTrue();
        interrupter.join();
        assertThat(network.getIterationCount()).isZero();
    }

    /** A failure of the iterator is not an interrupt of the training thread, even if an interrupt caused it. */
    @Test
    void anIteratorThatFailsBecauseItWasInterruptedElsewhere() {
        var pool = new ThrowingIterator(Batches.mlp(), Integer.MAX_VALUE, true) {
            private static final long serialVersionUID = 1L;

            @Override
            public DataSet next() {
                throw new IllegalStateException("the pool was shut down", new InterruptedException());
            }
        };
        assertThatIllegalStateException().isThrownBy(() -> trainer.fit(pool)).withMessage("the pool was shut down");
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void useAfterClose() {
        trainer.close();
        trainer.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.fit(data.dataSet(2, 3, 4)))
                .withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(trainer::flush).withMessageContaining("closed");
        network.fit(data.dataSet(2, 3, 4));
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    @Test
    void closingWithAnOpenWindowDropsItAndLeavesTheNetworkAlone() {
        Snapshot before = Snapshot.of(network);
        trainer.accumulate(data.dataSet(2, 3, 4));
        trainer.close();
        before.assertUnchanged(network);
    }

    @Test
    void aWindowLeftOpenIsNotMixedWithAnotherWayOfTraining() {
        trainer.accumulate(data.dataSet(2, 3, 4));
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.fit(iterate(Batches.mlp())))
                .withMessageContainingAll("1 of its batches", "flush()");
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.fit(data.dataSet(2, 3, 4)))
                .withMessageContaining("flush()");
        assertThat(trainer.flush().orElseThrow().examples()).isEqualTo(2);
    }

    @Test
    void useFromWithinItsOwnTraining() {
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                trainer.flush();
            }
        });
        assertThatIllegalStateException()
                .isThrownBy(() -> trainer.fit(data.dataSet(2, 3, 4)))
                .withMessageContaining("from within its own training");
    }

    @Test
    void useFromTwoThreads() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void onBackwardPass(Model model) {
                inside.countDown();
                try {
                    leave.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        var executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "first"));
        try {
            Future<StepReport> first = executor.submit(() -> trainer.fit(data.dataSet(2, 3, 4)));
            inside.await();
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.accumulate(data.dataSet(2, 3, 4)))
                    .withMessageContainingAll("in use by thread 'first'");
            assertThatIllegalStateException().isThrownBy(trainer::close).withMessageContaining("in use");
            leave.countDown();
            assertThat(first.get().iteration()).isZero();
        } finally {
            leave.countDown();
            executor.shutdown();
        }
        assertThat(network.getIterationCount()).isEqualTo(1);
    }
}
