/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import static io.github.gradacc.testing.Nets.dense;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.WatchedLoss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What the tuner finds depends on the machine; what it tries, keeps to and leaves alone does not. */
class MicroBatchTunerTest {

    private static final Duration SHORT = Duration.ofMillis(400);

    private final Data data = new Data(1, DataType.DOUBLE);
    private final List<String> lines = new ArrayList<>();

    @AfterEach
    void memoryIsBack() {
        WatchedLoss.watch(labels -> {});
    }

    private MicroBatchTuner tuner(Model network) {
        return (network instanceof ComputationGraph graph
                        ? MicroBatchTuner.of(graph)
                        : MicroBatchTuner.of((MultiLayerNetwork) network))
                .memoryLimit(Long.MAX_VALUE)
                .timeLimit(SHORT)
                .progress(lines::add);
    }

    private static MultiLayerConfiguration watched() {
        return Nets.of(
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(6).dropOut(0.5).build(),
                new OutputLayer.Builder(new WatchedLoss())
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    @EachNetworkClass
    <T extends Model> void leavesTheNetworkAndTheGeneratorAlone(NetworkClass<T> type) {
        T network = type.init(watched());
        type.fit(network, data.dataSet(5, 3, 4));
        Snapshot before = Snapshot.of(network);
        DataSet sample = data.dataSet(40, 3, 4);
        double[] features = sample.getFeatures().dup().data().asDouble();
        int threads = Nd4j.getEnvironment().maxThreads();
        Nd4j.getRandom().setSeed(5);
        long expected = Nd4j.getRandom().nextLong();
        Nd4j.getRandom().setSeed(5);

        TuningReport report = tuner(network).tune(sample);

        assertThat(Nd4j.getRandom().nextLong()).isEqualTo(expected);
        before.assertUnchanged(network);
        assertThat(sample.getFeatures().data().asDouble()).isEqualTo(features);
        assertThat(Nd4j.getEnvironment().maxThreads()).isEqualTo(threads);
        assertThat(report.examples()).isEqualTo(40);
    }

    @Test
    void triesTheWholeBatchAndPowersOfTwo() {
        TuningReport report = tuner(Nets.init(Nets.mlp()))
                .timeLimit(Duration.ofSeconds(20))
                .microBatchSizes(8, 16, 32)
                .tune(data.dataSet(40, 3, 4));
        assertThat(report.trials())
                .filteredOn(trial -> trial.parallelism() == 1)
                .extracting(Trial::microBatchSize)
                .containsExactly(8, 16, 32, 40);
        assertThat(report.trials())
                .filteredOn(trial -> trial.microBatchSize() == 40)
                .as("whole with one worker only")
                .hasSize(1);
        assertThat(report.trials()).allSatisfy(trial -> {
            assertThat(trial.outcome()).isEqualTo(Trial.Outcome.MEASURED);
            assertThat(trial.peakBytes()).isGreaterThan(10_000_000);
        });
        assertThat(lines).hasSizeGreaterThanOrEqualTo(report.trials().size());
        assertThat(lines.get(0)).startsWith("micro-batches of 8, 1 worker: ").contains("ms for a step");
    }

    @Test
    void candidatesForFewAndForManyExamples() {
        assertThat(Candidate.sizes(8)).containsExactly(1, 2, 4);
        assertThat(Candidate.sizes(9)).containsExactly(8);
        assertThat(Candidate.sizes(100)).containsExactly(8, 16, 32, 64);
        // 6 cores: 1, 2, 4 and 6 workers, as far as there are passes for them: 64 and 36, and 32, 32, 32 and 4.
        assertThat(Candidate.of(100, List.of(64, 32), 6))
                .extracting(Candidate::toString)
                .containsExactly(
                        "micro-batches of 32, 1 worker",
                        "micro-batches of 64, 1 worker",
                        "the whole batch at a time",
                        "micro-batches of 32, 2 workers",
                        "micro-batches of 64, 2 workers",
                        "micro-batches of 32, 4 workers");
    }

    /** Larger sizes are not tried where a smaller one did not fit. */
    @Test
    void whatDoesNotFitIsNotChosen() {
        List<Long> rows = new ArrayList<>();
        WatchedLoss.watch(labels -> {
            synchronized (rows) {
                rows.add(labels.size(0));
            }
            if (labels.size(0) > 8) {
                throw new OutOfMemoryError("deliberate");
            }
        });
        TuningReport report = tuner(Nets.init(watched()))
                .timeLimit(Duration.ofSeconds(20))
                .microBatchSizes(8, 16, 32)
                .tune(data.dataSet(40, 3, 4));
        assertThat(report.trials())
                .filteredOn(trial -> trial.microBatchSize() > 8)
                .isNotEmpty()
                .allMatch(trial -> trial.outcome() == Trial.Outcome.TOO_LARGE);
        assertThat(report.best().microBatchSize()).hasValue(8);
        assertThat(rows).doesNotContain(32L, 40L);
    }

    @Test
    void whereEightAreTooManyFewerAreTried() {
        WatchedLoss.watch(labels -> {
            if (labels.size(0) > 3) {
                throw new OutOfMemoryError("deliberate");
            }
        });
        TuningReport report = tuner(Nets.init(watched())).tune(data.dataSet(16, 3, 4));
        assertThat(report.best().microBatchSize().orElseThrow()).isIn(1, 2);
    }

    @Test
    void aLimitBelowASingleExample() {
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        tuner(Nets.init(Nets.mlp())).memoryLimit(1_000_000).tune(data.dataSet(16, 3, 4)))
                .withMessageContaining("Micro-batches of 1 take more memory than the limit of 1000000 bytes")
                .withMessageContaining("allow more");
    }

    @Test
    void keepsToItsTime() {
        WatchedLoss.watch(labels -> sleep());
        long start = System.nanoTime();
        TuningReport report = tuner(Nets.init(watched())).tune(data.dataSet(64, 3, 4));
        assertThat(report.trials()).anyMatch(trial -> trial.outcome() == Trial.Outcome.NOT_TRIED);
        assertThat(report.trials().get(0).outcome()).isEqualTo(Trial.Outcome.MEASURED);
        assertThat(report.trials())
                .as("without the whole batch the choice could be slower than native training")
                .anyMatch(trial -> trial.microBatchSize() == 64 && trial.outcome() == Trial.Outcome.MEASURED);
        // One size of 8 passes, each of 30 ms: a step of warming up, three to settle, at least one timed; the rest is
        // the limit and slack for a busy machine.
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }

    private static void sleep() {
        try {
            Thread.sleep(30);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void otherFailuresAreTheTrainers() {
        WatchedLoss.watch(labels -> {
            throw new IllegalStateException("deliberate");
        });
        MultiLayerNetwork network = Nets.init(watched());
        Snapshot before = Snapshot.of(network);
        assertThat(catchThrowable(() -> tuner(network).tune(data.dataSet(16, 3, 4))))
                .hasRootCauseMessage("deliberate");
        before.assertUnchanged(network);
    }

    @Test
    void frozenAndClosedNetworks() {
        MultiLayerNetwork frozen = Nets.init(Nets.of(
                InputType.feedForward(4), new FrozenLayer(dense(3)), new LossLayer.Builder(LossFunction.MSE).build()));
        assertThatIllegalStateException()
                .isThrownBy(() -> tuner(frozen).tune(data.dataSet(16, 3, 4)))
                .withMessageContaining("nothing to tune");
        MultiLayerNetwork closed = Nets.init(Nets.mlp());
        closed.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> tuner(closed).tune(data.dataSet(16, 3, 4)))
                .withMessageContaining("was closed");
    }

    @Test
    void badSamples() {
        MicroBatchTuner tuner = tuner(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.tune((DataSet) null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tuner.tune(data.dataSet(1, 3, 4)))
                .withMessageContaining("1 example, which cannot be cut");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tuner.microBatchSizes(8, 16).tune(data.dataSet(16, 3, 4)))
                .withMessageContaining("Micro-batches of 16 examples cannot be tried on a sample of 16");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tuner.tune(new DataSet(data.normal(16, 4), null)))
                .withMessageContaining("null");
        DataSet closed = data.dataSet(16, 3, 4);
        closed.getLabels().close();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tuner.tune(closed))
                .withMessageContaining("was closed");
    }

    @Test
    void badSettings() {
        assertThatIllegalArgumentException().isThrownBy(() -> MicroBatchTuner.of((MultiLayerNetwork) null));
        assertThatIllegalArgumentException().isThrownBy(() -> MicroBatchTuner.of((ComputationGraph) null));
        MicroBatchTuner tuner = MicroBatchTuner.of(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tuner.memoryLimit(0))
                .withMessageContaining("got 0");
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.timeLimit(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.timeLimit(null));
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.microBatchSizes());
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.microBatchSizes(4, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> tuner.progress(null));
    }
}
